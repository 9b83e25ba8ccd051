-- Ledgers of activities, of those served and of students.

CREATE FUNCTION report.activities(region volunteer.region_code, since date, until date)
    RETURNS TABLE (
        region volunteer.region_code, since date, until date, activity_id bigint, title text, project text, category text,
        organization text, place text, station text, mode text, hazardous boolean, emergency boolean, drill boolean,
        starts timestamp, ends timestamp, status text, published_at timestamptz, published_by text, back_fill_reason text,
        shifts bigint, places bigint, confirmed bigint, volunteers bigint, records bigint, hours volunteer.service_hours,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
    SELECT registry.require_analyst(activities.region);
    WITH held AS MATERIALIZED (
        SELECT a.*, o.name AS organization, n.name AS place
        FROM registry.organization o
        JOIN registry.region n ON n.code = o.region
        JOIN registry.activity a ON a.organization_id = o.organization_id
        WHERE o.region <@ activities.region
            AND (lower(a.period) AT TIME ZONE 'Asia/Shanghai')::date BETWEEN activities.since AND activities.until
    ), served AS (
        SELECT r.activity_id, count(DISTINCT r.volunteer_id) AS volunteers, count(*) AS records, sum(r.hours) AS hours
        FROM registry.service_record r
        WHERE r.effective AND r.activity_id IN (SELECT h.activity_id FROM held h)
            AND r.service_date BETWEEN activities.since
                AND (SELECT max((upper(h.period) AT TIME ZONE 'Asia/Shanghai')::date) FROM held h)
        GROUP BY r.activity_id
    ), post AS (
        SELECT s.activity_id, count(*) AS shifts, sum(s.capacity) AS places, sum(u.confirmed) AS confirmed
        FROM registry.shift s
        CROSS JOIN LATERAL (
            SELECT count(*) AS confirmed FROM registry.signup u
            WHERE u.shift_id = s.shift_id AND u.status = 'confirmed') AS u
        WHERE s.activity_id IN (SELECT h.activity_id FROM held h)
        GROUP BY s.activity_id
    ), activity AS (
        SELECT h.activity_id, h.title, j.name AS project, k.name_zh AS category, h.organization, h.place, t.plaque AS station,
            h.mode, h.hazardous, h.emergency, h.drill, lower(h.period) AT TIME ZONE 'Asia/Shanghai' AS starts,
            upper(h.period) AT TIME ZONE 'Asia/Shanghai' AS ends, h.status, h.published_at, h.published_by::text AS published_by,
            h.backfill_reason, p.shifts, p.places, p.confirmed, s.volunteers, s.records, s.hours
        FROM held h
        JOIN registry.project j ON j.project_id = h.project_id
        JOIN registry.code_item k ON k.set = 'service_category' AND k.code = j.category
        LEFT JOIN registry.station t ON t.station_id = h.station_id
        LEFT JOIN post p ON p.activity_id = h.activity_id
        LEFT JOIN served s ON s.activity_id = h.activity_id
    )
    SELECT activities.region, activities.since, activities.until, a.activity_id, coalesce(a.title, '合计'), a.project, a.category,
        a.organization, a.place, a.station, a.mode, a.hazardous, a.emergency, a.drill, a.starts, a.ends, a.status,
        a.published_at, a.published_by, a.backfill_reason, coalesce(sum(a.shifts), 0)::bigint, coalesce(sum(a.places), 0)::bigint,
        coalesce(sum(a.confirmed), 0)::bigint, coalesce(sum(a.volunteers), 0)::bigint, coalesce(sum(a.records), 0)::bigint,
        coalesce(sum(a.hours), '0:00'), now()
    FROM activity a
    GROUP BY GROUPING SETS ((a.activity_id, a.title, a.project, a.category, a.organization, a.place, a.station, a.mode,
        a.hazardous, a.emergency, a.drill, a.starts, a.ends, a.status, a.published_at, a.published_by, a.backfill_reason), ())
    ORDER BY a.activity_id IS NULL, a.starts, a.activity_id;
END;
COMMENT ON FUNCTION report.activities(volunteer.region_code, date, date) IS
    '志愿服务活动台账(《志愿服务记录与证明出具办法(试行)》第七条):区划之内的组织在期间(起止日均含)开始的活动(末行合计):编号、名称、项目、服务类别、组织单位、所在地、站点、方式、是否有人身危险、应急、演练、起止(北京时间)、状态、发布时间、发布人(数据库角色)、补录理由、班次、名额、确认报名、已生效记录的参加人数、条数、时长、报表时间;名册导入而只到项目的记录不在其中;合计的参加人数为人次';

CREATE FUNCTION report.beneficiaries(region volunteer.region_code)
    RETURNS TABLE (
        region volunteer.region_code, beneficiary_id bigint, pseudonym text, kind text, organization text, place text,
        recorded_on date, requests bigint, compiled bigint, served bigint, rating numeric, last_request_on date,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(beneficiaries.region);
    WITH request AS (
        SELECT r.beneficiary_id, count(*) AS requests, count(*) FILTER (WHERE r.status = 'compiled') AS compiled,
            count(*) FILTER (WHERE s.status IN ('reported', 'rated', 'closed')) AS served, sum(g.score) AS score,
            count(g.score) AS ratings, max(r.submitted_at) AS last_at
        FROM registry.service_request r
        LEFT JOIN registry.service_order s ON s.order_id = r.order_id
        LEFT JOIN registry.order_rating g ON g.request_id = r.request_id
        GROUP BY r.beneficiary_id
    ), beneficiary AS (
        SELECT b.beneficiary_id, b.pseudonym, k.name_zh AS kind, o.name AS organization, n.name AS place,
            (b.created_at AT TIME ZONE 'Asia/Shanghai')::date AS recorded_on, r.requests, r.compiled, r.served, r.score, r.ratings,
            (r.last_at AT TIME ZONE 'Asia/Shanghai')::date AS last_request_on
        FROM registry.beneficiary b
        JOIN registry.organization o ON o.organization_id = b.organization_id
        JOIN registry.region n ON n.code = o.region
        JOIN registry.code_item k ON k.set = 'beneficiary' AND k.code = b.kind
        LEFT JOIN request r ON r.beneficiary_id = b.beneficiary_id
        WHERE o.region <@ beneficiaries.region
    )
    SELECT beneficiaries.region, b.beneficiary_id, coalesce(b.pseudonym, '合计'), b.kind, b.organization, b.place, b.recorded_on,
        coalesce(sum(b.requests), 0)::bigint, coalesce(sum(b.compiled), 0)::bigint, coalesce(sum(b.served), 0)::bigint,
        round(sum(b.score)::numeric / sum(b.ratings), 2), b.last_request_on, now()
    FROM beneficiary b
    GROUP BY GROUPING SETS ((b.beneficiary_id, b.pseudonym, b.kind, b.organization, b.place, b.recorded_on, b.last_request_on), ())
    ORDER BY b.beneficiary_id IS NULL, b.place, b.organization, b.beneficiary_id;
END;
COMMENT ON FUNCTION report.beneficiaries(volunteer.region_code) IS
    '服务对象台账(志愿服务条例第二十一条,只有化名):区划之内的组织所建档的服务对象(末行合计):编号、化名、类别、建档组织、所在地、建档日期、需求数、已制单数、已服务数、平均满意度、最近点单日期、报表时间';

CREATE FUNCTION report.student_service(region volunteer.region_code, year integer)
    RETURNS TABLE (
        region volunteer.region_code, year integer, school text, place text, volunteer_no volunteer.volunteer_no, name text,
        records bigint, hours volunteer.service_hours, declared volunteer.service_hours, total_hours volunteer.service_hours,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(student_service.region);
    SELECT student_service.region, student_service.year, o.name, n.name, v.volunteer_no, p.masked_name,
        coalesce(y.records, 0), coalesce(y.hours, '0:00'), coalesce(y.declared, '0:00'), coalesce(t.hours, '0:00'), now()
    FROM registry.organization o
    JOIN registry.region n ON n.code = o.region
    JOIN (
        SELECT DISTINCT m.organization_id, m.person_id FROM registry.membership m
        WHERE m.role = 'student'
            AND m.valid && daterange(make_date(student_service.year, 1, 1), make_date(student_service.year, 12, 31), '[]')
    ) AS m ON m.organization_id = o.organization_id
    JOIN registry.person p ON p.person_id = m.person_id
    JOIN registry.volunteer v ON v.person_id = m.person_id
    LEFT JOIN registry.volunteer_year y ON y.volunteer_id = v.volunteer_id AND y.year = student_service.year
    LEFT JOIN LATERAL (
        SELECT sum(e.hours) AS hours FROM registry.volunteer_year e
        WHERE e.volunteer_id = v.volunteer_id AND e.year <= student_service.year) AS t ON true
    WHERE o.region <@ student_service.region
    ORDER BY o.name, o.organization_id, v.volunteer_no;
END;
COMMENT ON FUNCTION report.student_service(volunteer.region_code, integer) IS
    '学生综合素质评价用志愿服务情况(志愿服务条例第二十九条):当年为区划之内学校学生成员的志愿者:学校、所在地、编号、姓名(脱敏)、当年已生效记录条数、时长、其中荣誉时长、截至当年的累计时长、报表时间;错误 22008 年份超出范围';

GRANT EXECUTE ON FUNCTION report.activities(volunteer.region_code, date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.beneficiaries(volunteer.region_code) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.student_service(volunteer.region_code, integer) TO registry_analyst;
