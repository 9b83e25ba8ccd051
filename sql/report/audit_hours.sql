-- Audit of hours: what the rules let pass and somebody should look at. Being listed is a question, not a finding.
--
-- Reports that read all records of a period are given the memory to hash them in one pass; planned before the period is
-- known, they would expect few records and sort them.

CREATE FUNCTION report.abnormal_hours(since date, until date, day_hours integer DEFAULT 12, total_hours integer DEFAULT 1000)
    RETURNS TABLE (
        since date, until date, day_hours integer, total_hours integer, volunteer_no volunteer.volunteer_no, name text,
        organization text, hours volunteer.service_hours, days bigint, long_days bigint, longest_day date,
        longest_day_hours volunteer.service_hours, longest_streak bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    -- The totals say who can be concerned at all, so that days are counted for few.
    WITH candidate AS (
        SELECT y.volunteer_id
        FROM registry.volunteer_year y
        WHERE y.year BETWEEN extract(year FROM abnormal_hours.since) AND extract(year FROM abnormal_hours.until)
        GROUP BY y.volunteer_id
        HAVING max(volunteer.busiest_day_minutes(y.occupied)) >= abnormal_hours.day_hours * 60
            OR sum(volunteer.occupied_minutes(y.occupied)) >= abnormal_hours.total_hours * 60
    ), day AS (
        SELECT d.volunteer_id, d.service_date, d.minutes,
            d.service_date - row_number() OVER (PARTITION BY d.volunteer_id ORDER BY d.service_date)::integer AS streak
        FROM candidate c
        JOIN registry.volunteer_day d ON d.volunteer_id = c.volunteer_id
        WHERE d.service_date BETWEEN abnormal_hours.since AND abnormal_hours.until AND d.minutes > 0
    ), streak AS (
        SELECT s.volunteer_id, max(s.days) AS days
        FROM (SELECT d.volunteer_id, count(*) AS days FROM day d GROUP BY d.volunteer_id, d.streak) AS s
        GROUP BY s.volunteer_id
    ), total AS (
        SELECT d.volunteer_id, sum(d.minutes) AS minutes, count(*) AS days,
            count(*) FILTER (WHERE d.minutes >= abnormal_hours.day_hours * 60) AS long_days,
            (array_agg(d.service_date ORDER BY d.minutes DESC, d.service_date))[1] AS longest_day, max(d.minutes) AS most
        FROM day d
        GROUP BY d.volunteer_id
        HAVING max(d.minutes) >= abnormal_hours.day_hours * 60 OR sum(d.minutes) >= abnormal_hours.total_hours * 60
    )
    SELECT abnormal_hours.since, abnormal_hours.until, abnormal_hours.day_hours, abnormal_hours.total_hours, v.volunteer_no,
        p.masked_name, o.name, volunteer.service_hours_of_minutes(t.minutes), t.days, t.long_days, t.longest_day,
        volunteer.service_hours_of_minutes(t.most), s.days, now()
    FROM total t
    JOIN streak s ON s.volunteer_id = t.volunteer_id
    JOIN registry.volunteer v ON v.volunteer_id = t.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = v.organization_id
    ORDER BY t.minutes DESC, v.volunteer_no;
END;
COMMENT ON FUNCTION report.abnormal_hours(date, date, integer, integer) IS
    '异常时长(《志愿服务记录与证明出具办法(试行)》第二十一条抽查):期间内一日达到 day_hours 小时或合计达到 total_hours 小时者,计占用时间的全部记录(含待审、有异议的):编号、姓名(脱敏)、登记组织、合计时长、服务天数、超长天数、最长的一天及其时长、最长连续天数、报表时间';

CREATE FUNCTION report.suspected_sold_hours(since date, until date, signals integer DEFAULT 2, minutes integer DEFAULT 60)
    RETURNS TABLE (
        since date, until date, signals integer, minutes integer, volunteer_no volunteer.volunteer_no, name text,
        organization text, region volunteer.region_code, records bigint, hours volunteer.service_hours, minutes_after_registration integer,
        recorded_at_once boolean, outside_home boolean, only_back_filled boolean, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_sort = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    -- First by prefecture, so that homes are compared once for each of them and not for each record. A body of the province is
    -- nowhere else; a municipality (11, 12, 31, 50) is one city, though its counties have another prefix.
    WITH place AS MATERIALIZED (
        SELECT o.organization_id, left(o.region::text, 4)::integer AS prefecture FROM registry.organization o
    ), served_in AS (
        SELECT r.volunteer_id, a.prefecture, count(*) AS records, sum(r.minutes) AS minutes, min(r.recorded_at) AS first_recorded_at,
            bool_and(b.back_fill AND b.source <> 'transfer') AS only_back_filled
        FROM registry.service_record r
        JOIN registry.record_batch b ON b.batch_id = r.batch_id
        JOIN place a ON a.organization_id = r.organization_id
        WHERE r.service_date BETWEEN suspected_sold_hours.since AND suspected_sold_hours.until AND r.live
        GROUP BY r.volunteer_id, a.prefecture
    ), served AS (
        SELECT s.volunteer_id, sum(s.records)::bigint AS records, sum(s.minutes)::bigint AS minutes,
            min(s.first_recorded_at) AS first_recorded_at, bool_and(s.only_back_filled) AS only_back_filled,
            bool_and(s.prefecture / 100 <> h.prefecture / 100 OR s.prefecture <> h.prefecture AND s.prefecture % 100 <> 0
                AND h.prefecture / 100 NOT IN (11, 12, 31, 50)) AS outside_home
        FROM served_in s
        JOIN registry.volunteer v ON v.volunteer_id = s.volunteer_id
        CROSS JOIN LATERAL (SELECT left(v.region::text, 4)::integer AS prefecture) AS h
        GROUP BY s.volunteer_id
    ), signal AS (
        SELECT s.*, s.first_recorded_at - e.at AS after_registration,
            s.first_recorded_at - e.at < make_interval(mins => suspected_sold_hours.minutes) AS recorded_at_once
        FROM served s
        JOIN registry.volunteer_event e ON e.volunteer_id = s.volunteer_id AND e.from_status IS NULL
    )
    SELECT suspected_sold_hours.since, suspected_sold_hours.until, suspected_sold_hours.signals, suspected_sold_hours.minutes,
        v.volunteer_no, p.masked_name, o.name, v.region, s.records,
        volunteer.service_hours_of_minutes(s.minutes),
        (extract(epoch FROM s.after_registration) / 60)::integer, s.recorded_at_once, s.outside_home, s.only_back_filled, now()
    FROM signal s
    JOIN registry.volunteer v ON v.volunteer_id = s.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = v.organization_id
    WHERE s.recorded_at_once::integer + s.outside_home::integer + s.only_back_filled::integer >= suspected_sold_hours.signals
    ORDER BY s.minutes DESC, v.volunteer_no;
END;
COMMENT ON FUNCTION report.suspected_sold_hours(date, date, integer, integer) IS
    '疑似买卖时长(《志愿服务记录与证明出具办法(试行)》第三条、第二十一条):期间内的记录至少有 signals 个迹象者——注册后 minutes 分钟内即有记录、记录组织全部在居住地级市之外(本省的省级组织、同一直辖市的不算)、全部为补录:编号、姓名(脱敏)、登记组织、居住区划、记录条数、时长、注册到首条记录的分钟数、三个迹象、报表时间';

CREATE FUNCTION report.missing_sign_outs(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, checkins bigint, closed bigint, share numeric, volunteers bigint,
        corrected bigint, corrected_hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH RECURSIVE signed_in AS MATERIALIZED (
        SELECT c.volunteer_id, c.checkin_id, c.shift_id, c.batch_id, c.status
        FROM registry.checkin c
        WHERE c.signed_in_at >= missing_sign_outs.since::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND c.signed_in_at < (missing_sign_outs.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    ), made_of_it AS (
        SELECT c.checkin_id, r.volunteer_id, r.record_id, r.hours, r.status, false AS corrected
        FROM signed_in c
        JOIN registry.service_record r ON r.batch_id = c.batch_id AND r.volunteer_id = c.volunteer_id AND r.entry_method = 0
        WHERE c.status = 'closed'
        UNION ALL
        SELECT m.checkin_id, s.volunteer_id, s.record_id, s.hours, s.status, s.live
        FROM made_of_it m
        JOIN registry.service_record s ON s.volunteer_id = m.volunteer_id AND s.supersedes = m.record_id
        WHERE m.status = 'superseded'
    )
    SELECT missing_sign_outs.since, missing_sign_outs.until, CASE WHEN grouping(o.organization_id) = 0 THEN max(o.name) ELSE '合计' END,
        count(DISTINCT c.checkin_id),
        count(DISTINCT c.checkin_id) FILTER (WHERE c.status = 'closed'),
        round(count(DISTINCT c.checkin_id) FILTER (WHERE c.status = 'closed')::numeric / count(DISTINCT c.checkin_id), 4),
        count(DISTINCT c.volunteer_id) FILTER (WHERE c.status = 'closed'), count(s.record_id), coalesce(sum(s.hours), '0:00'), now()
    FROM signed_in c
    JOIN registry.shift h ON h.shift_id = c.shift_id
    JOIN registry.activity a ON a.activity_id = h.activity_id
    JOIN registry.reported_organization o ON o.organization_id = a.organization_id
    LEFT JOIN made_of_it s ON s.checkin_id = c.checkin_id AND s.corrected
    GROUP BY ROLLUP (o.organization_id)
    HAVING bool_or(c.status = 'closed')
    ORDER BY grouping(o.organization_id), 5 DESC, 3, o.organization_id;
END;
COMMENT ON FUNCTION report.missing_sign_outs(date, date) IS
    '未签退统计(《志愿服务记录与证明出具办法(试行)》第七条):按签到日期(起止日均含)与活动组织:签到次数、强制签退次数与比例、涉及人数、事后更正的条数与时长、报表时间;没有强制签退的组织不列,末行合计';

CREATE FUNCTION report.staff_working_time(since date, until date, opens time DEFAULT '09:00', closes time DEFAULT '17:00')
    RETURNS TABLE (
        since date, until date, opens time, closes time, volunteer_no volunteer.volunteer_no, name text, organization text,
        records bigint, hours volunteer.service_hours, first_day date, last_day date, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH employed AS (
        SELECT s.person_id, s.organization_id, s.valid FROM registry.staff s WHERE s.person_id IS NOT NULL
        UNION
        SELECT m.person_id, m.organization_id, m.valid FROM registry.membership m WHERE m.role = 'cadre'
    ), worked AS (
        SELECT DISTINCT v.volunteer_id, e.organization_id, r.record_id, r.service_date, r.period * tstzrange(
            (r.service_date + staff_working_time.opens) AT TIME ZONE 'Asia/Shanghai',
            (r.service_date + staff_working_time.closes) AT TIME ZONE 'Asia/Shanghai') AS period
        FROM employed e
        JOIN registry.volunteer v ON v.person_id = e.person_id
        JOIN registry.service_record r ON r.volunteer_id = v.volunteer_id
        WHERE r.service_date BETWEEN staff_working_time.since AND staff_working_time.until AND r.live AND r.minutes > 0
            AND e.valid @> r.service_date
            AND e.organization_id IN (SELECT registry.organization_above(r.organization_id))
            AND registry.is_workday(r.service_date)
    )
    SELECT staff_working_time.since, staff_working_time.until, staff_working_time.opens, staff_working_time.closes,
        v.volunteer_no, p.masked_name, o.name, count(*),
        volunteer.service_hours_of_minutes(sum(extract(epoch FROM upper(w.period) - lower(w.period)) / 60)::bigint),
        min(w.service_date), max(w.service_date), now()
    FROM worked w
    JOIN registry.volunteer v ON v.volunteer_id = w.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = w.organization_id
    WHERE NOT isempty(w.period)
    GROUP BY v.volunteer_id, p.masked_name, o.organization_id, o.name
    ORDER BY 9 DESC, v.volunteer_no, o.name;
END;
COMMENT ON FUNCTION report.staff_working_time(date, date, time, time) IS
    '工作人员记录本职工作时间(《志愿服务记录与证明出具办法(试行)》第十九条):工作人员、干部成员在本单位(含下级)的记录中,落在工作日 opens 至 closes 之间的部分:编号、姓名(脱敏)、任职组织、记录条数、工作时间内的时长、首日、末日、报表时间';

CREATE FUNCTION report.not_service(
    since date, until date, pattern text DEFAULT '(培训|会议|演练|演习|捐款|捐物|捐赠|献血|团建|学习|值班|上班)(?!.{0,3}(服务|宣传|引导|保障|协助|辅导|雷锋))')
    RETURNS TABLE (
        since date, until date, pattern text, sign text, organization text, title text, volunteers bigint, records bigint,
        hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT not_service.since, not_service.until, not_service.pattern, n.sign, o.name, n.title, count(DISTINCT n.volunteer_id),
        count(*), sum(n.hours), now()
    FROM (
        SELECT DISTINCT 'training' AS sign, r.organization_id, coalesce(a.title, j.name) AS title, r.volunteer_id, r.record_id, r.hours
        FROM registry.training_session t
        JOIN registry.training_result u ON u.session_id = t.session_id AND u.voided_at IS NULL
        JOIN registry.service_record r ON r.volunteer_id = u.volunteer_id AND r.period && t.period
        JOIN registry.project j ON j.project_id = r.project_id
        LEFT JOIN registry.activity a ON a.activity_id = r.activity_id
        WHERE t.period && tstzrange(not_service.since::timestamp AT TIME ZONE 'Asia/Shanghai',
                (not_service.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
            AND r.service_date BETWEEN not_service.since AND not_service.until AND r.live
        UNION ALL
        SELECT 'title', r.organization_id, coalesce(a.title, j.name), r.volunteer_id, r.record_id, r.hours
        FROM registry.service_record r
        JOIN registry.project j ON j.project_id = r.project_id
        LEFT JOIN registry.activity a ON a.activity_id = r.activity_id
        WHERE r.service_date BETWEEN not_service.since AND not_service.until AND r.live
            AND (r.activity_id IN (SELECT m.activity_id FROM registry.activity m WHERE m.title ~ not_service.pattern)
                OR r.project_id IN (SELECT m.project_id FROM registry.project m WHERE m.name ~ not_service.pattern))
    ) AS n
    JOIN registry.reported_organization o ON o.organization_id = n.organization_id
    GROUP BY n.sign, o.organization_id, o.name, n.title
    ORDER BY sum(n.hours) DESC, o.name, n.title, n.sign;
END;
COMMENT ON FUNCTION report.not_service(date, date, text) IS
    '疑似非志愿服务计时(《志愿服务记录与证明出具办法(试行)》第十九条):training 记录与本人参加的培训时间重叠,title 活动或项目名称含 pattern(正则)中的词(培训、会议、演练、捐赠、献血等不计服务时间;其后三字之内说明是服务的除外,如献血宣传、会议引导、学习雷锋):迹象、记录组织、活动(项目)名称、人数、记录条数、时长、报表时间';

GRANT EXECUTE ON FUNCTION report.abnormal_hours(date, date, integer, integer) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.suspected_sold_hours(date, date, integer, integer) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.missing_sign_outs(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.staff_working_time(date, date, time, time) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.not_service(date, date, text) TO registry_analyst;
