-- What an auditor finds who reads the reports over the whole time, each from a threshold on.
CREATE VIEW city.finding AS
WITH asked AS (
    SELECT min(m.day) AS since, registry.today() AS until FROM city.meeting m
)
SELECT 'sold hours' AS kind, r.volunteer_no::text AS subject
FROM asked a CROSS JOIN report.suspected_sold_hours(a.since, a.until) AS r
UNION ALL
SELECT 'abnormal hours', r.volunteer_no::text
FROM asked a CROSS JOIN report.abnormal_hours(a.since, a.until) AS r
UNION ALL
SELECT 'working time', r.volunteer_no::text
FROM asked a CROSS JOIN report.staff_working_time(a.since, a.until) AS r WHERE r.hours >= '8:00'
UNION ALL
SELECT 'not service', r.organization || ' ' || r.title
FROM asked a CROSS JOIN report.not_service(a.since, a.until) AS r
UNION ALL
SELECT 'mutual review', least(r.first_roles[1], r.second_roles[1]) || ' ' || greatest(r.first_roles[1], r.second_roles[1])
FROM asked a CROSS JOIN report.mutual_review(a.since, a.until) AS r
UNION ALL
SELECT 'hasty review', r.reviewer::text
FROM asked a CROSS JOIN report.review_quality(a.since, a.until) AS r
WHERE r.within_a_minute >= 10 AND r.within_a_minute >= r.batches * 0.5
UNION ALL
SELECT 'used evidence', r.evidence
FROM asked a CROSS JOIN report.reused_evidence(a.since, a.until) AS r
UNION ALL
SELECT 'copied lists', r.organizations
FROM asked a CROSS JOIN report.identical_rosters(a.since, a.until) AS r WHERE r.rosters >= 5
UNION ALL
SELECT 'entered late', r.organization
FROM asked a CROSS JOIN report.back_fill(a.since, a.until) AS r
WHERE r.organization <> '合计' AND r.share >= 0.7 AND r.records >= 20
UNION ALL
SELECT 'never served', r.organization
FROM asked a CROSS JOIN report.zero_hour_registrations(a.since, a.until - 90) AS r
WHERE r.organization <> '合计' AND r.share >= 0.5 AND r.zero_hour >= 20
UNION ALL
SELECT 'registered twice', array_to_string(r.volunteer_nos, ' ') FROM report.suspected_duplicate_people r
UNION ALL
SELECT 'missing sign-outs', r.organization
FROM asked a CROSS JOIN report.missing_sign_outs(a.since, a.until) AS r
WHERE r.organization <> '合计' AND r.share >= 0.3 AND r.checkins >= 10
UNION ALL
SELECT 'untrained posts', r.organization FROM report.override r GROUP BY r.organization HAVING count(DISTINCT r.period) >= 3
UNION ALL
SELECT 'claimed twice', concat_ws(' ', least(r.first_no, r.second_no), greatest(r.first_no, r.second_no))
FROM (
    SELECT r.volunteer_no::text AS first_no, r.other_volunteer_no::text AS second_no, r.claimed_twice FROM report.double_claims r
) AS r
GROUP BY r.first_no, r.second_no HAVING sum(r.claimed_twice) >= '1:00';

CREATE VIEW city.score AS
SELECT kind, count(*) FILTER (WHERE l.fraud) AS planted, count(*) FILTER (WHERE NOT l.fraud) AS alike,
    count(f.subject) AS listed, count(f.subject) FILTER (WHERE l.fraud) AS right,
    round(count(f.subject) FILTER (WHERE l.fraud)::numeric / nullif(count(f.subject), 0), 2) AS precision,
    round(count(f.subject) FILTER (WHERE l.fraud)::numeric / nullif(count(*) FILTER (WHERE l.fraud), 0), 2) AS recall
FROM city.label l
FULL JOIN city.finding f USING (kind, subject)
GROUP BY kind
ORDER BY kind;
