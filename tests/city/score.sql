-- What an auditor finds who reads the reports over the whole time, each with its threshold.
CREATE VIEW city.finding AS
WITH asked AS (
    SELECT min(m.day) AS since, registry.today() AS until FROM city.meeting m
)
SELECT 'sold hours' AS kind, r.volunteer_no::text AS subject
FROM asked a CROSS JOIN report.suspected_sold_hours(a.since, a.until) AS r
UNION ALL
SELECT 'mutual review', least(r.first_roles[1], r.second_roles[1]) || ' ' || greatest(r.first_roles[1], r.second_roles[1])
FROM asked a CROSS JOIN report.mutual_review(a.since, a.until) AS r;

CREATE VIEW city.score AS
SELECT kind, count(*) FILTER (WHERE l.fraud) AS planted, count(*) FILTER (WHERE NOT l.fraud) AS alike,
    count(f.subject) AS listed, count(f.subject) FILTER (WHERE l.fraud) AS right,
    round(count(f.subject) FILTER (WHERE l.fraud)::numeric / nullif(count(f.subject), 0), 2) AS precision,
    round(count(f.subject) FILTER (WHERE l.fraud)::numeric / count(*) FILTER (WHERE l.fraud), 2) AS recall
FROM city.label l
FULL JOIN city.finding f USING (kind, subject)
GROUP BY kind
ORDER BY kind;
