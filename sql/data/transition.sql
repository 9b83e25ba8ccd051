-- Permitted changes of state. An empty duty means that the registry itself makes the change.

COPY registry.transition (kind, from_status, to_status, duty, needs_reason) FROM stdin;
organization	active	suspended	administrator	t
organization	suspended	active	administrator	t
organization	active	dissolved	administrator	t
organization	suspended	dissolved	administrator	t
volunteer	active	suspended	registrar	t
volunteer	active	withdrawn	registrar	t
volunteer	active	removed	registrar	t
volunteer	active	deceased	registrar	t
volunteer	suspended	active	registrar	t
volunteer	suspended	withdrawn	registrar	t
volunteer	suspended	removed	registrar	t
volunteer	suspended	deceased	registrar	t
volunteer	withdrawn	active	registrar	t
volunteer	withdrawn	deceased	registrar	t
volunteer	removed	deceased	registrar	t
activity	published	cancelled	recorder	t
record_batch	submitted	in_publicity	reviewer	f
record_batch	submitted	refused	reviewer	t
record_batch	in_publicity	effective	reviewer	f
record_batch	in_publicity	refused	reviewer	t
service_record	submitted	in_publicity	reviewer	f
service_record	submitted	refused	reviewer	t
service_record	submitted	voided	recorder	t
service_record	submitted	superseded	recorder	t
service_record	in_publicity	effective	reviewer	f
service_record	in_publicity	refused	reviewer	t
service_record	in_publicity	voided	reviewer	t
service_record	in_publicity	superseded	recorder	t
service_record	effective	voided	reviewer	t
service_record	effective	superseded	recorder	t
service_record	superseded	submitted	reviewer	t
service_record	superseded	in_publicity	reviewer	t
service_record	superseded	effective	reviewer	t
service_record	superseded	refused	reviewer	t
star_award	awarded	reopened	\N	t
star_award	reopened	awarded	reviewer	t
star_award	reopened	revoked	reviewer	t
certificate	valid	suspended	\N	t
certificate	suspended	valid	issuer	t
certificate	valid	revoked	issuer	t
certificate	suspended	revoked	issuer	t
certificate	valid	superseded	issuer	t
certificate	suspended	superseded	issuer	t
\.
