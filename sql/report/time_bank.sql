-- The books of the time bank: they balance to zero.

CREATE FUNCTION report.time_bank(since date, until date)
    RETURNS TABLE (
        since date, until date, account text, accounts bigint, opening bigint, credited bigint, debited bigint, closing bigint,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(NULL);
    WITH movement AS (
        SELECT m.kind, m.minutes, (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day
        FROM registry.time_entry e
        CROSS JOIN LATERAL (VALUES (e.credit_kind, e.minutes), (e.debit_kind, -e.minutes)) AS m (kind, minutes)
    ), book AS (
        SELECT m.kind, coalesce(sum(m.minutes) FILTER (WHERE m.day < time_bank.since), 0)::bigint AS opening,
            coalesce(sum(m.minutes) FILTER (WHERE m.day BETWEEN time_bank.since AND time_bank.until AND m.minutes > 0), 0)::bigint
                AS credited,
            coalesce(-sum(m.minutes) FILTER (WHERE m.day BETWEEN time_bank.since AND time_bank.until AND m.minutes < 0), 0)::bigint
                AS debited
        FROM movement m
        GROUP BY m.kind
    ), opened AS (
        SELECT a.kind, count(*) AS accounts
        FROM registry.time_account a
        WHERE a.volunteer_id IS NULL OR a.opened_on <= time_bank.until
        GROUP BY a.kind
    )
    SELECT time_bank.since, time_bank.until, coalesce(o.kind, '合计'), sum(o.accounts)::bigint,
        coalesce(sum(b.opening), 0)::bigint, coalesce(sum(b.credited), 0)::bigint, coalesce(sum(b.debited), 0)::bigint,
        coalesce(sum(b.opening + b.credited - b.debited), 0)::bigint, now()
    FROM opened o
    LEFT JOIN book b ON b.kind = o.kind
    GROUP BY GROUPING SETS ((o.kind), ())
    ORDER BY grouping(o.kind), o.kind;
END;
COMMENT ON FUNCTION report.time_bank(date, date) IS
    '时间银行对账(分钟;《关于健全新时代志愿服务体系的意见》服务积分、时间储蓄):按账户种类(volunteer 志愿者,service 存入的来源,surplus 超出上限,redeemed 已兑换,donated 已捐赠,expired 已过期):账户数、期初余额、本期转入、本期转出、期末余额、报表时间,起止日均含;末行合计,期初、期末必为零,转入等于转出,只有全库的账目才平,故只给任职于全部组织所在地的统计员';

GRANT EXECUTE ON FUNCTION report.time_bank(date, date) TO registry_analyst;
