-- Deploys the registry into the current database, in one transaction:
--   psql -X -v ON_ERROR_STOP=1 --single-transaction -f sql/install.sql
-- Needs CREATEROLE and ownership of the database, no superuser.

\set ON_ERROR_STOP on
\encoding UTF8
-- Databases and roles have settings of their own, made for something else.
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;
SET LOCAL row_security = on;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
    -- SET LOCAL has no effect outside a transaction.
    IF current_setting('search_path') <> 'pg_catalog, pg_temp' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_active_sql_transaction',
            MESSAGE = 'the installation is one transaction',
            HINT = 'Call psql with --single-transaction.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('must be owner of database "%s"', current_database()),
            HINT = 'Only the owner of a database may use the keys it is given.';
    END IF;
    IF to_regnamespace('registry') IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_schema',
            MESSAGE = format('database "%s" already holds a registry', current_database()),
            HINT = 'Install into another database.';
    END IF;
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'feature_not_supported',
            MESSAGE = format('database "%s" is not encoded in UTF8', current_database());
    END IF;
    -- What is made below would be granted to somebody whom nothing here names.
    IF EXISTS (
        SELECT FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
        WHERE d.defaclrole IN (current_user::regrole, to_regrole('registry_owner')) AND d.defaclnamespace = 0
            AND a.grantee <> d.defaclrole AND (a.grantee <> 0 OR d.defaclobjtype NOT IN ('f', 'T'))) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_grant_operation',
            MESSAGE = 'default privileges would grant parts of the registry to others',
            HINT = 'Revoke those of the deployer and of registry_owner with ALTER DEFAULT PRIVILEGES; \ddp lists them.';
    END IF;
END
$$;

\ir roles.sql

CREATE EXTENSION IF NOT EXISTS volunteer;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;

GRANT USAGE ON SCHEMA volunteer TO PUBLIC;

CREATE SCHEMA registry AUTHORIZATION registry_owner;
CREATE SCHEMA verify AUTHORIZATION registry_owner;
CREATE SCHEMA report AUTHORIZATION registry_owner;

\ir registry/keys.sql

SET LOCAL ROLE registry_owner;
SET LOCAL search_path = pg_catalog, volunteer, pg_temp;

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

COMMENT ON SCHEMA registry IS '志愿服务登记库:志愿者、组织、活动、服务记录、星级与证明';
COMMENT ON SCHEMA verify IS '证明查验接口:对外查验服务只能调用本模式中的函数';
COMMENT ON SCHEMA report IS '统计报表:只读视图与函数,姓名脱敏,不含证件号码';

GRANT USAGE ON SCHEMA registry TO
    registry_administrator, registry_registrar, registry_recorder, registry_reviewer, registry_issuer, registry_dispatcher,
    registry_auditor, registry_portal;
GRANT USAGE ON SCHEMA verify TO registry_verifier;
GRANT USAGE ON SCHEMA report TO registry_analyst;

\ir registry/reference.sql
\ir registry/regions.sql
\ir registry/people.sql
\ir registry/contacts.sql
\ir registry/consents.sql
\ir registry/organizations.sql
\ir registry/staff.sql
\ir registry/analysts.sql
\ir registry/stations.sql
\ir registry/headcounts.sql
\ir registry/targets.sql
\ir registry/identity_marks.sql
\ir registry/registration.sql
\ir registry/applications.sql
\ir registry/spot_checks.sql
\ir registry/personal_data.sql
\ir registry/name_corrections.sql
\ir registry/activities.sql
\ir registry/designations.sql
\ir registry/training.sql
\ir registry/protection.sql
\ir registry/shifts.sql
\ir registry/emergency.sql
\ir registry/pairing.sql
\ir registry/orders.sql
\ir registry/records.sql
\ir registry/recording.sql
\ir registry/checkin.sql
\ir registry/disputes.sql
\ir registry/evaluations.sql
\ir registry/hours.sql
\ir registry/exits.sql
\ir registry/star_standards.sql
\ir registry/standards.sql
\ir registry/assessment.sql
\ir registry/recognition.sql
\ir registry/star_awards.sql
\ir registry/commendations.sql
\ir registry/benefits.sql
\ir registry/time_bank.sql
\ir registry/time_bank_use.sql
\ir registry/import.sql
\ir registry/import_roster.sql
\ir registry/certificates.sql
\ir registry/shares.sql
\ir registry/exchange.sql
\ir registry/transfer_out.sql
\ir registry/transfer_in.sql
\ir registry/merges.sql
\ir registry/erasure.sql
\ir registry/audit.sql
\ir registry/row_events.sql
\ir registry/catalogue.sql
\ir registry/access.sql
\ir registry/import_access.sql
\ir registry/students.sql
\ir registry/seals.sql
\ir registry/integrity.sql
\ir registry/status_lists.sql

\ir verify/certificates.sql
\ir verify/by_number.sql
\ir verify/shares.sql
\ir verify/status_lists.sql
\ir verify/keys.sql
\ir verify/views.sql

\ir report/people.sql
\ir report/merges.sql
\ir report/access.sql
\ir report/registration.sql
\ir report/organizations.sql
\ir report/projects.sql
\ir report/service.sql
\ir report/stars.sql
\ir report/recognition.sql
\ir report/time_bank.sql
\ir report/orders.sql
\ir report/protection.sql
\ir report/emergency.sql
\ir report/pairing.sql
\ir report/assessment.sql
\ir report/ratios.sql
\ir report/certificates.sql
\ir report/exchange.sql
\ir report/records.sql
\ir report/audit_hours.sql
\ir report/audit_review.sql
\ir report/audit_people.sql
\ir report/seals.sql
\ir report/ledgers.sql
\ir report/overview.sql
\ir report/publication_item.sql
\ir report/publication.sql
\ir report/spreadsheet.sql
\ir report/chinese.sql

\ir data/region_2023.sql
\ir data/region_town_2023.sql
\ir data/code_item.sql
\ir data/policy.sql
\ir data/transition.sql
\ir data/standard_item.sql
\ir data/star_standard.sql

\ir registry/security.sql
