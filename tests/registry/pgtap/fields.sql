-- What is left empty, too long or out of bounds: whoever calls a function is told which.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(14);

CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
SELECT pg_temp.act('clerk', pg_temp.appointing('dispatcher', :'city', 'dispatcher')) AS staff \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '理发')$$, :'district')) AS request \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '来日', tstzrange(now() + interval '1 day', now() + interval '2 days'))$$, :'project')) AS coming \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('急救', %s, '3', 240)$$, :'district')) AS course \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '抗洪', tstzrange(now() + interval '1 day', now() + interval '2 days'),
    emergency => true)$$, :'project')) AS rescue \gset

SELECT pg_temp.refused(role, statement, '23514', rule, rule)
FROM (VALUES
    ('registrar', format($$SELECT registry.request_erasure(%L, 'consent_withdrawn', ' ')$$, :'ann'), 'erasure_has_evidence'),
    ('registrar', format($$SELECT registry.request_merge(%L, %L, ' ')$$, :'ann', :'ben'), 'reason_required'),
    ('dispatcher', format($$SELECT registry.compile_order(%s, ' ', '0001', tstzrange(now(), now() + interval '1 hour'), '{%s}')$$, :'city', :'request'), 'order_is_titled'),
    ('recorder', format($$SELECT registry.create_shift(%s, tstzrange(now() + interval '25 hours', now() + interval '26 hours'), ' ', 5)$$, :'coming'), 'shift_post_is_named'),
    ('recorder', format($$SELECT registry.create_shift(%s, tstzrange(now() + interval '25 hours', now() + interval '26 hours'), '引导', 5, -1)$$, :'coming'), 'minimum_age_is_plausible'),
    ('recorder', format($$SELECT registry.add_insurance_policy(%s, ' ', 'P-2', daterange(registry.today(), registry.today() + 9), 100000)$$, :'district'), 'insurer_is_named'),
    ('recorder', format($$SELECT registry.add_insurance_policy(%s, '示例保险', 'P-2', '(,)', 100000)$$, :'district'), 'policy_has_period'),
    ('recorder', format($$SELECT registry.open_round(%s, 'five_haves', ' ')$$, :'city'), 'round_is_titled'),
    ('dispatcher', format($$SELECT registry.open_incident(%s, '1', '3', ' ')$$, :'rescue'), 'situation_is_described'),
    ('clerk', format($$SELECT registry.require_training('hazardous', %s, '4414', ' ')$$, :'course'), 'requirement_states_its_basis'),
    ('clerk', $$SELECT registry.set_policy('yearly_hours', 20, ' ', '4414')$$, 'policy_states_its_basis'),
    ('clerk', format($$SELECT registry.trust_issuer('https://zyz.other.example', 'x', %L, '示例协议')$$, volunteer.signing_public_key()), 'issuer_is_named'),
    ('registrar', format($$SELECT registry.record_contact(%L, 'pigeon', '1234567')$$, :'ann'), 'contact_is_plausible'),
    ('registrar', format($$SELECT registry.add_guardian(%L, ' ', '母亲')$$, :'ann'), 'name_is_written')) AS t (role, statement, rule);

SELECT * FROM finish();
ROLLBACK;
