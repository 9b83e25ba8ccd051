-- The Chinese twin of every report: the same rows under Chinese names, made from the catalogue and loaded after all reports.

-- A twin is called what the report's comment begins with, up to the first bracket or colon. A column or parameter is called
-- by its word, by the one of that report if it has its own.
DO $$
DECLARE
    words CONSTANT jsonb := (SELECT jsonb_object_agg(w[1], w[2]) FROM regexp_matches('
        accepted 接单数  accessed_at 查阅时间  account 账户  accounts 账户数  activities 活动数  activity 活动
        activity_id 活动编号  age 周岁  alerted 通知人数  allotted_on 分配日期  applied 申请数  approved_by 核准人
        as_of 统计截止日  assessor 考核组织  attained 实有  attitude 服务态度  awarded_at 认定时间  awarding_level 认定级别
        back_fill 是否补录  back_fill_percent 补录百分比  back_fill_reason 补录理由  back_filled 补录条数
        back_filled_hours 补录时长  backbone 骨干  basis 依据  basis_hours 申请时累计时长  batch_id 批次编号  batches 批次数
        beneficiary_id 服务对象编号  benefit 礼遇  birth_year 出生年份  by_beneficiary 服务对象评价数
        by_guardian 由监护人同意  by_organization 组织评价数  cadres 干部职工  category 服务类别  certificates 证明份数
        change_percent 增减百分比  changed_at 现状态起始时间  checked_at 核查时间  checked_by 核查人  checkins 签到次数
        civilized 文明单位  claimed_twice 重复时长  claims 理赔件数  cleared 核定人数  closed 办结数  closes 下班时刻
        closing 期末余额  community 社区村站  compiled 已制单数  confirmed 确认报名  consents 有效的同意  corrected 更正条数
        corrected_hours 更正时长  count 人数  counted_region 被计数地区  course 课程  courses 培训课程  credit_code 信用代码
        credited 本期转入  data 个人信息种类  day 日期  day_hours 一日小时数  days 天数  days_to_decide 裁定天数中位数
        debited 本期转出  debriefed 复盘人数  declared 荣誉时长  declined 不参加人数  demobilised 撤离人数  denied 否认注册
        departed 离册人次  deployed 派出人数  designated_by 认定组织  designation 种类  detail 说明  direction 方向
        dissolved 已终止数  division 下级区划  division_name 下级区划名称  document 认定文件  document_no 文号
        documents 证件种类  drawn_on 抽样日期  drill 演练  due 期限  due_on 任务期限  emergency 应急  ended_on 活动结束日
        ends 结束时间  entered_by 录入人  evaluated_on 评价日期  events 事件数  evidence 依据  female 女  finding 结果
        findings 问题  first 首号  first_day 首日  first_recorded_at 首次录入时间  first_registered_on 最早注册日期
        first_reviewed_second 甲审乙批次数  first_roles 甲的角色  granted_on 授予日期  granting_body 授予单位
        has_facilities 有设施  has_head 有站长  has_ledger 有台账  has_plaque 有挂牌标识  has_project 有固定项目
        has_rules 有制度  has_team 有队伍  hazardous 有人身危险  head 站长  headcount 核准人数  highest_star 可评最高星级
        holder 持证人  host 依托单位  hours 服务时长  hours_deployed 在岗小时  hours_reach 时长是否达到
        hours_recorded 生效服务时长  hours_to_accept 派单到接单小时数  hours_to_compile 点单到制单小时数
        hours_to_dispatch 制单到派单小时数  hours_to_report 接单到反馈小时数  inaccurate 信息不实  incident 事件
        insured 被保险人次  issued_at 首次签发时间  issued_by 出具单位  item 项目  item_zh 项目  joined 新注册人数  kind 类型
        lapsed 逾期未决定数  last 末号  last_day 末日  last_recorded_at 末次录入时间  last_registered_on 最晚注册日期  last_request_on 最近点单日期
        last_viewed_at 最近查验时间  leaders 负责人  level 级别  lines 行数  long_days 超长天数  longest_day 最长的一天
        longest_day_hours 最长一天时长  longest_streak 最长连续天数  male 男  mark_authority 标识机关  mark_no 标识编号
        marked 有身份标识  marked_on 标识日期  measure 指标  measured_hours 系统计时时长  median_minutes 审核用时中位分钟数
        members 成员数  message 说明  met 是否达到  method 方式  minimum_star 所需星级  minor 是否未成年  minors 未成年人数
        minutes 分钟数  minutes_after_registration 注册到首条记录分钟数  minutes_to_deploy 通知到派出分钟数
        minutes_to_respond 通知到响应分钟数  missing 尚缺人数  mode 方式  month 月份  months_confirmed 已确认月数
        months_due 应填月数  months_logged 已填月数  months_missing 缺填月数  most_batches_in_an_hour 一小时最多批次数
        most_in_a_day 同日注册最多零时长人数  most_records_in_an_hour 一小时最多记录条数  name 姓名  nature 时长性质
        next_star 下一星级  note 说明  number 证明编号  number_region 编号区划  numbers 号数  oath_on 宣誓日期
        oldest_open 最早未办结日期  only_back_filled 全部补录  open 待裁定数  opened_at 启动时间  opened_on 启用日期
        opening 期初余额  opens 上班时刻  orders 订单数  ordinal 序号  organization 组织  organizations 组织数
        other_organization 重叠记录组织  other_period 重叠记录时间段  other_record_id 重叠记录编号  other_status 重叠记录状态
        other_volunteer_no 另一志愿者编号  outside_home 全在居住地之外  overdue 逾时未撤离人数  package_id 转移文件编号
        paid 赔付金额  parent 上级  partner 结对对象  passed 合格人数  pattern 词语  peer 对方登记库  pending 待查
        people 人数下限  period 时间段  period_from 服务期间首日  period_to 服务期间末日  phone 电话  place 所在地
        place_name 所在地  places 名额  plaque 挂牌名称  points 得分  policies 保单数  population 总体  possible 分值
        post 岗位  practice 文明实践中心  previous 上次人数  problems 问题数  project 项目  projects 项目  proven 有证明材料
        pseudonym 化名  public_from 公示首日  public_to 公示末日  published_at 发布时间  published_by 发布人
        punctuality 守时程度  purpose 目的  raised 提出数  rank 名次  rating 平均满意度  ratio 比例  reason 理由
        record_id 记录编号  recorded_at 录入时间  recorded_at_once 注册即有记录  recorded_on 建档日期  recorders 记录人数
        records 记录条数  refused 不通过数  refused_share 不通过比例  region 区划  region_name 区划名称  registered 在册人数
        registered_by 登记人  registered_on 注册日期  registrations 注册次数  rejected 不成立数  remaining 剩余
        reported_at 报表时间  requested_at 申请时间  requests 需求数  required 应达比例  resent 已重新提交  residents 常住人口
        responded 响应人数  responsible 责任人  reviewer 审核人  revoked 撤销数  rosters 名册份数  round_id 考核编号
        rule 规则  sample 样本  school 学校  scored_at 评定时间  seal_id 封章序号  sealed_at 封章时间  second 乙
        second_reviewed_first 乙审甲批次数  second_roles 乙的角色  seed 种子  served 已服务数  service_date 服务日期
        sessions 班次数  sex 性别  shifts 班次  sign 迹象  signals 迹象数  since 起始日  skill 专业水平  source 来源
        standard 标准  star 星级  starts 开始时间  state 状态  station 站点  stations 站点数  status 状态
        status_since 现状态起始时间  street 街道乡镇中心  students 学生  successor 承继组织  sum_insured 保险金额合计
        suspended 停用数  sworn 已宣誓人数  target 目标值  team 队伍  teams 队伍数  threshold 达标值  title 名称
        token_sha256 令牌散列  total_hours 累计时长  transfers 件数  true_percent 属实率  under_review 待复核  unit 单位
        unit_kind 单位类型  units 结对单位  unmet 未满足的条件  unreachable 联系不上  until 截止日  upheld 成立数  used 已用
        uses 使用人次  valid 有效期  value 数值  viewed 被查验证明数  views 查验次数  village 村或社区  villages 村和社区数
        visit 走访  voided 作废次数  volunteer_no 志愿者编号  volunteer_nos 各志愿者编号  volunteers 志愿者人数
        welfare 民政机构服务站  window 公共服务窗口  with_team 有队伍的村和社区数  withdrawn 撤回数
        within_a_minute 一分钟内审核批次数  year 年份  zero_hour 零时长人数
        abnormal_hours.total_hours 合计小时数  activities.volunteers 参加人数  applications.accepted 通过数
        applications.days_to_decide 决定天数中位数  applications.open 未办结数  assessment.item 条目  assessment.met 是否达标
        assessment.organization 被考核组织  assessment.value 指标值  back_fill.share 补录比例
        beneficiaries.organization 建档组织  brand_projects.volunteers 参加人数  certificates_issued.region 出具单位区划
        certificates_issued.star 出具时星级  data_access.actor 查阅人  evaluation.volunteers 被评价人数
        identical_rosters.organizations 组织  identical_rosters.volunteers 每份人数  import_refusal.open 尚未更正
        missing_sign_outs.closed 强制签退次数  missing_sign_outs.share 强制签退比例  missing_sign_outs.volunteers 涉及人数
        mutual_review.first 甲  not_service.title 活动或项目  not_service.volunteers 人数  orders.declined 被退回订单数
        orders.rejected 不受理数  organization_count.registered 有信用代码  organizations.civilized 文明单位级别
        override.actor 确认人  override.at 确认时间  pairing.missing 缺填月份  pairing.unit 结对单位
        pairing.volunteers 参加人数  publication.item 英文项名  publication.method 统计方法  registration.suspended 暂停人数
        review_quality.voided 事后作废条数  spot_check_findings.round_id 抽查编号  spot_checks.confirmed 属实
        spot_checks.round_id 抽查编号  staff_working_time.organization 任职组织  star_list.number 星级证书编号
        station_checklist.missing 尚缺项数  station_count.name 下级区划名称  station_count.post 驿站  stations.place 所在区划
        suspected_duplicate_people.organizations 各登记组织  training.hours 参训小时  training.volunteers 参训人数
        transfer.star 最高星级  unit_ranking.possible 满分  unit_ranking.share 得分率  verification.suspended 暂停数
        verification.valid 有效数  volunteer_ratio.civilized 是否文明单位  yearly_shortfall.missing 尚缺时长
        yearly_shortfall.required 应有时长  zero_hour_registrations.registered 注册人数
        zero_hour_registrations.share 零时长比例
        ', '(\S+) (\S+)', 'g') AS w);
    twin record;
BEGIN
    FOR twin IN
        SELECT p.proname AS report, d.comment, substring(d.comment FROM '^[^(:]+') AS name,
            string_agg(n.chinese || concat(' DEFAULT ' || pg_get_function_arg_default(p.oid, a.position::integer)), ', '
                ORDER BY a.position) FILTER (WHERE a.mode = 'i') AS parameters,
            string_agg('$' || a.position, ', ' ORDER BY a.position) FILTER (WHERE a.mode = 'i') AS arguments,
            string_agg(n.chinese, ', ' ORDER BY a.position) FILTER (WHERE a.mode = 't') AS columns
        FROM pg_proc p
        CROSS JOIN LATERAL obj_description(p.oid, 'pg_proc') AS d (comment)
        CROSS JOIN LATERAL unnest(p.proargnames, p.proallargtypes, p.proargmodes) WITH ORDINALITY
            AS a (name, type, mode, position)
        CROSS JOIN LATERAL format('%I %s', coalesce(words ->> concat_ws('.', p.proname, a.name), words ->> a.name, a.name),
            format_type(a.type, NULL)) AS n (chinese)
        WHERE p.pronamespace = 'report'::regnamespace AND p.proretset
            AND has_function_privilege('registry_analyst', p.oid, 'EXECUTE')
        GROUP BY p.oid, d.comment
    LOOP
        EXECUTE format('CREATE FUNCTION report.%1$I(%2$s) RETURNS TABLE (%3$s) LANGUAGE sql STABLE '
            'BEGIN ATOMIC SELECT * FROM report.%4$I(%5$s); END; '
            'COMMENT ON FUNCTION report.%1$I IS %6$L; '
            'GRANT EXECUTE ON FUNCTION report.%1$I TO registry_analyst',
            twin.name, twin.parameters, twin.columns, twin.report, twin.arguments,
            concat(twin.comment, ';即 report.', twin.report));
    END LOOP;

    FOR twin IN
        SELECT c.relname AS report, d.comment, d.name,
            string_agg(format('%I AS %I', a.attname, n.chinese), ', ' ORDER BY a.attnum) AS columns,
            string_agg(format('COMMENT ON COLUMN report.%I.%I IS %L', d.name, n.chinese, col_description(c.oid, a.attnum)),
                '; ') AS comments
        FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT o.comment, substring(o.comment FROM '^[^(:]+') AS name
            FROM obj_description(c.oid, 'pg_class') AS o (comment)) AS d
        JOIN pg_attribute a ON a.attrelid = c.oid
        CROSS JOIN LATERAL coalesce(words ->> concat_ws('.', c.relname, a.attname), words ->> a.attname, a.attname)
            AS n (chinese)
        WHERE c.relnamespace = 'report'::regnamespace AND has_table_privilege('registry_analyst', c.oid, 'SELECT')
        GROUP BY c.relname, d.comment, d.name
    LOOP
        EXECUTE format('CREATE VIEW report.%1$I WITH (security_barrier = true, security_invoker = true) AS SELECT %2$s FROM report.%3$I; '
            'COMMENT ON VIEW report.%1$I IS %4$L; %5$s; '
            'GRANT SELECT ON report.%1$I TO registry_analyst',
            twin.name, twin.columns, twin.report, concat(twin.comment, ';即 report.', twin.report), twin.comments);
    END LOOP;
END
$$;
