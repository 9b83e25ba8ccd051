-- What meetings.t needs: a line "name value" for each thing that two people meet over. Run by a superuser.

\set QUIET 1
\o /dev/null
BEGIN;
\ir acting.sql
\ir office.sql
\ir service.sql
CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
CREATE ROLE neighbour LOGIN IN ROLE registry_recorder;
CREATE ROLE second_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE second_reviewer LOGIN IN ROLE registry_reviewer;
CREATE ROLE second_registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE issuer LOGIN IN ROLE registry_issuer;
CREATE ROLE verifier LOGIN IN ROLE registry_verifier;
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社区', '1', '09', '441402', parent_id => %s)$$, :city)) AS community \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例局', '3', '01', '441400', parent_id => %s)$$, :city)) AS unit \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社工服务中心', '3', '14', '441402', parent_id => %s)$$, :city)) AS agency \gset
SELECT pg_temp.act('clerk', pg_temp.appointing(role, organization::bigint, duty))
FROM (VALUES ('dispatcher', :'city', 'dispatcher'), ('neighbour', :'community', 'recorder'), ('second_recorder', :'city', 'recorder'),
    ('second_reviewer', :'city', 'reviewer'), ('second_registrar', :'city', 'registrar'), ('issuer', :'city', 'issuer')) AS a (role, organization, duty);

-- Two requests, one in an order that is called out to everybody
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '上门理发')$$, :community)) AS request \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '楼道清扫')$$, :community)) AS ordered \gset
SELECT pg_temp.act('dispatcher', format('SELECT registry.compile_order(%s, ''清扫'', ''0001'', %L, ''{%s}'')', :city,
    pg_temp.during(3, '09:00', '11:00'), :ordered)) AS order \gset
SELECT pg_temp.act('dispatcher', format('SELECT registry.dispatch_order(%s)', :order));
SELECT pg_temp.act('neighbour', format($$SELECT registry.create_project('邻里互助', %s, '0001')$$, :community)) AS project_of_community \gset

-- Service of Ann that counts, and a certificate of it
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '09:00', '11:00'))) AS record \gset
SELECT pg_temp.take_effect(:'batch');
INSERT INTO registry.star_standard (region, valid, thresholds, basis) VALUES ('441402', '(,)', '{2:00,20:00,30:00,40:00,50:00}', '示例办法');
SELECT registry.register_signing_key();
SELECT registry.set_origin('https://zyz.example.gov.cn');
SELECT pg_temp.act('issuer', format('SELECT registry.issue_certificate(%L, %s, %L, ''负责人'')', :'ann', :district,
    daterange(registry.today() - 30, registry.today()))) AS code \gset
SELECT number FROM registry.certificate c WHERE c.code::text = :'code' \gset
SELECT pg_temp.announced('issuer', :'ann', 'certificate');
SELECT pg_temp.act('issuer', format('SELECT registry.share_certificate(%L, ''示例大学'')', :'code')) AS share \gset

-- What others decide on
SELECT pg_temp.act('recorder', format($$SELECT registry.record_commendation(%s, %L, 'own', '优秀志愿者', registry.today())$$, :district, :'ann')) AS commendation \gset
SELECT pg_temp.act('reviewer', format($$SELECT registry.designate_project(%s, 'key_incubation', %s, '示例文件', '[2024-01-01,2100-01-01)')$$, :project, :city)) AS designation \gset
SELECT pg_temp.act('dispatcher', format($$SELECT registry.pair(%s, %s, '示例局副局长')$$, :unit, :community)) AS pairing \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.open_station(%s, 'community', '示例站', '示例居委会', '示例站长')$$, :community)) AS station \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('急救', %s, '3', 240)$$, :city)) AS course \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '讲师')$$, :course, :city, pg_temp.during(-1, '09:00', '13:00'))) AS training \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.add_insurance_policy(%s, '示例保险', 'P-1', daterange(registry.today(), registry.today() + 9), 100000)$$, :district)) AS policy \gset
INSERT INTO registry.insurance_coverage (volunteer_id, policy_id, valid, recorded_at)
SELECT volunteer_id, :policy, daterange(registry.today(), registry.today() + 9), now() - interval '1 day' FROM registry.volunteer WHERE volunteer_no = :'ann';
INSERT INTO registry.insurance_claim (volunteer_id, policy_id, activity_id, occurred_at, description)
SELECT volunteer_id, :policy, :activity, now() - interval '1 hour', '擦伤' FROM registry.volunteer WHERE volunteer_no = :'ann' RETURNING claim_id AS claim \gset
INSERT INTO registry.insurance_claim_event (claim_id, to_status) VALUES (:claim, 'reported');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '来日', tstzrange(now() + interval '1 day', now() + interval '2 days'))$$, :project)) AS coming \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '来日二', tstzrange(now() + interval '1 day', now() + interval '2 days'))$$, :project)) AS planned \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_shift(%s, tstzrange(now() + interval '1 day', now() + interval '2 days'), '引导', 2)$$, :planned)) AS post \gset
SELECT pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', :post, :'ben'));
SELECT pg_temp.act('registrar', format($$SELECT registry.request_name_correction(%L, '示例艺', '申请书 1 号')$$, :'ben')) AS correction \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.request_erasure(%L, 'purpose_ended', '申请书 2 号')$$, :'ben')) AS erasure \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.request_merge(%L, %L, '登记表 3 号')$$, :'ben', :'ann')) AS merge \gset
COMMIT;
\o
\qecho city :city
\qecho district :district
\qecho community :community
\qecho unit :unit
\qecho agency :agency
\qecho ann :ann
\qecho ben :ben
\qecho project :project
\qecho request :request
\qecho order :order
\qecho project_of_community :project_of_community
\qecho record :record
\qecho number :number
\qecho code :code
\qecho correction :correction
\qecho erasure :erasure
\qecho merge :merge
\qecho share :share
\qecho commendation :commendation
\qecho designation :designation
\qecho pairing :pairing
\qecho station :station
\qecho training :training
\qecho policy :policy
\qecho claim :claim
\qecho planned :planned
\qecho post :post
\qecho coming :coming
