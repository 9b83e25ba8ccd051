-- What people who were registered twice claim twice.

CREATE VIEW report.double_claims WITH (security_barrier = true, security_invoker = true) AS
WITH registration AS (
    SELECT p.merged_into AS person_id, p.person_id AS registered_as FROM registry.person p WHERE p.merged_into IS NOT NULL
    UNION
    SELECT m.survivor_id, m.absorbed_id FROM registry.person_merge m WHERE m.status = 'requested'
), every_registration AS (
    SELECT person_id, registered_as FROM registration
    UNION
    SELECT person_id, person_id FROM registration
)
SELECT
    p.masked_name AS name,
    one.volunteer_no AS volunteer_no,
    other.volunteer_no AS other_volunteer_no,
    r.service_date,
    r.record_id,
    r.period,
    r.status,
    ro.name AS organization,
    s.record_id AS other_record_id,
    s.period AS other_period,
    s.status AS other_status,
    so.name AS other_organization,
    (upper(r.period * s.period) - lower(r.period * s.period))::volunteer.service_hours AS claimed_twice,
    now() AS reported_at
FROM every_registration a
JOIN every_registration b ON b.person_id = a.person_id AND b.registered_as > a.registered_as
JOIN registry.person p ON p.person_id = a.person_id
JOIN registry.volunteer one ON one.person_id = a.registered_as
JOIN registry.volunteer other ON other.person_id = b.registered_as
JOIN registry.service_record r ON r.volunteer_id = one.volunteer_id AND r.live
JOIN registry.service_record s ON s.volunteer_id = other.volunteer_id AND s.service_date = r.service_date AND s.live
    AND s.period && r.period
JOIN registry.organization ro ON ro.organization_id = r.organization_id
JOIN registry.organization so ON so.organization_id = s.organization_id;
COMMENT ON VIEW report.double_claims IS
    '合并后重叠的记录(《志愿服务记录与证明出具办法(试行)》第三条):重复登记合并(含申请中)后同一人时间重叠的记录,由审核员作废其一';
COMMENT ON COLUMN report.double_claims.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.double_claims.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.double_claims.other_volunteer_no IS '同一人的另一编号';
COMMENT ON COLUMN report.double_claims.service_date IS '服务日期';
COMMENT ON COLUMN report.double_claims.record_id IS '记录';
COMMENT ON COLUMN report.double_claims.period IS '服务时间';
COMMENT ON COLUMN report.double_claims.status IS '状态';
COMMENT ON COLUMN report.double_claims.organization IS '记录组织';
COMMENT ON COLUMN report.double_claims.other_record_id IS '与之重叠的记录';
COMMENT ON COLUMN report.double_claims.other_period IS '其服务时间';
COMMENT ON COLUMN report.double_claims.other_status IS '其状态';
COMMENT ON COLUMN report.double_claims.other_organization IS '其记录组织';
COMMENT ON COLUMN report.double_claims.claimed_twice IS '重复的时长';
COMMENT ON COLUMN report.double_claims.reported_at IS '报表时间';

GRANT SELECT ON report.double_claims TO registry_analyst;
