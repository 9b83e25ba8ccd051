-- What a school hands to the assessment of its students: full names, so every reading is logged, for each student. It leaves as
-- a file that a spreadsheet program opens, so no text in it is a formula.

INSERT INTO registry.code_item (set, code, name_zh, name_en) VALUES
    ('personal_data', 'student_service', '学生姓名与志愿服务情况', 'Names and service of students'),
    ('access_purpose', 'student_assessment', '学生综合素质评价', 'Assessment of students');

CREATE FUNCTION registry.students_of(organization_id bigint, since date, until date) RETURNS SETOF bigint
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT m.person_id
    FROM registry.membership m
    WHERE m.organization_id = students_of.organization_id AND m.role = 'student'
        AND m.valid && daterange(students_of.since, students_of.until, '[]');
END;
COMMENT ON FUNCTION registry.students_of(bigint, date, date) IS '某段时间(起止日均含)内是学校学生成员的自然人';

CREATE FUNCTION registry.announce_student_export(organization_id bigint, since date, until date) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    students bigint;
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    SELECT count(registry.log_access(s, 'student_service', 'student_assessment')) INTO students
    FROM registry.students_of(organization_id, since, until) AS s;
    RETURN students;
END
$$;
COMMENT ON FUNCTION registry.announce_student_export(bigint, date, date) IS
    '登记将要进行的学生志愿服务情况导出,每名学生一条查阅日志,返回学生数;提交后十五分钟内可以导出。参数:学校、起止日(均含)。错误 42501 not_staff、outside_scope';

CREATE FUNCTION registry.export_students(organization_id bigint, since date, until date)
    RETURNS TABLE (
        volunteer_no volunteer.volunteer_no, name text, project text, category text, records bigint,
        hours volunteer.service_hours, first_day date, last_day date)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    -- Listed once: who joins meanwhile was not logged.
    students CONSTANT bigint[] := ARRAY(SELECT registry.students_of(organization_id, since, until));
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    PERFORM registry.require_logged_access(s, 'student_service') FROM unnest(students) AS s;
    RETURN QUERY
    SELECT v.volunteer_no, report.spreadsheet_text(p.name), report.spreadsheet_text(j.name), k.name_zh, count(r.record_id),
        coalesce(sum(r.hours), '0:00'), min(r.service_date), max(r.service_date)
    FROM unnest(students) AS s (person_id)
    JOIN registry.person p ON p.person_id = s.person_id
    JOIN registry.volunteer v ON v.person_id = p.person_id
    LEFT JOIN registry.service_record r
        ON r.volunteer_id = v.volunteer_id AND r.effective AND r.service_date BETWEEN since AND until
    LEFT JOIN registry.project j ON j.project_id = r.project_id
    LEFT JOIN registry.code_item k ON k.set = 'service_category' AND k.code = j.category
    GROUP BY v.volunteer_id, p.person_id, j.project_id, k.name_zh
    ORDER BY v.volunteer_no, min(r.service_date), j.project_id;
END
$$;
COMMENT ON FUNCTION registry.export_students(bigint, date, date) IS
    '学生综合素质评价用的志愿服务情况(志愿服务条例第二十九条),须先登记(announce_student_export):每名学生参加的每个项目一行(未参加的一行):志愿者编号、姓名、项目、服务类别、已生效记录条数、时长、首末日期;不含证件号码;以 =、+、-、@ 等开头的文字前加单引号(见 report.spreadsheet_text),表格软件打开时不作公式执行。参数:学校、起止日(均含)。错误 42501 not_staff、outside_scope、access_is_logged';

GRANT EXECUTE ON FUNCTION registry.announce_student_export(bigint, date, date) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.export_students(bigint, date, date) TO registry_registrar;
