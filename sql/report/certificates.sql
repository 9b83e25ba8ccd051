-- Certificates issued.

CREATE VIEW report.certificates_issued WITH (security_barrier = true, security_invoker = true) AS
SELECT
    c.number,
    c.issued_at,
    o.name AS issued_by,
    o.region,
    p.masked_name AS holder,
    lower(c.period) AS period_from,
    upper(c.period) - 1 AS period_to,
    c.as_of,
    c.hours,
    c.star,
    c.status,
    c.status_since,
    r.name_zh AS reason,
    coalesce(w.views, 0) AS views,
    now() AS reported_at
FROM registry.certificate c
JOIN registry.organization o USING (organization_id)
JOIN registry.volunteer v USING (volunteer_id)
JOIN registry.person p USING (person_id)
LEFT JOIN registry.certificate_view w USING (volunteer_id, certificate_id)
LEFT JOIN registry.code_item r ON r.set = 'certificate_reason' AND r.code = c.reason;
COMMENT ON VIEW report.certificates_issued IS
    '证明出具台账(《志愿服务记录与证明出具办法(试行)》第十四条至第十八条):姓名脱敏,不含查验码';
COMMENT ON COLUMN report.certificates_issued.number IS '证明编号';
COMMENT ON COLUMN report.certificates_issued.issued_at IS '首次签发时间';
COMMENT ON COLUMN report.certificates_issued.issued_by IS '出具单位';
COMMENT ON COLUMN report.certificates_issued.region IS '出具单位所在区划';
COMMENT ON COLUMN report.certificates_issued.holder IS '持证人(脱敏)';
COMMENT ON COLUMN report.certificates_issued.period_from IS '服务期间首日';
COMMENT ON COLUMN report.certificates_issued.period_to IS '服务期间末日';
COMMENT ON COLUMN report.certificates_issued.as_of IS '记录统计截止日';
COMMENT ON COLUMN report.certificates_issued.hours IS '服务时间';
COMMENT ON COLUMN report.certificates_issued.star IS '出具时的星级';
COMMENT ON COLUMN report.certificates_issued.status IS '状态';
COMMENT ON COLUMN report.certificates_issued.status_since IS '现状态起始时间';
COMMENT ON COLUMN report.certificates_issued.reason IS '撤销或核查的理由';
COMMENT ON COLUMN report.certificates_issued.views IS '查验次数';
COMMENT ON COLUMN report.certificates_issued.reported_at IS '报表时间';

GRANT SELECT ON report.certificates_issued TO registry_analyst;
