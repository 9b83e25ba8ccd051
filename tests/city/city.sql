-- A sample city, the same from the same seed on the same day, in a registry that was just deployed. Run by a superuser:
--   psql -d registry [-v seed=20] [-v prefecture=360400] [-v volunteers=2000] [-v months=12] -f tests/city/city.sql
--
-- Bodies and staff come in through the functions of the registry, as do all frauds: what the database refuses cannot be
-- planted. Only the honest past is loaded by the owner, with the rule off that nobody may forge the time of recording, and the
-- rows so written are kept at the end.

\set QUIET on
\if :{?seed} \else \set seed 20 \endif
\if :{?prefecture} \else \set prefecture 360400 \endif
\if :{?volunteers} \else \set volunteers 2000 \endif
\if :{?months} \else \set months 12 \endif
SET client_min_messages = warning;
SET search_path = public, volunteer;

\ir draws.sql
\ir organizations.sql
\ir people.sql
\ir records.sql
\ir services.sql
\ir labels.sql
\ir frauds_hours.sql
\ir frauds_review.sql
\ir frauds_people.sql
\ir score.sql

SELECT registry.keep_catalogue('sample city') \g /dev/null
