-- National policy numbers. Local ones are added with registry.set_policy().

COPY registry.policy (name, region, valid, value, basis) FROM stdin;
daily_cap_minutes	\N	(,)	1440	一日二十四小时;全国无更低上限,地方可另行规定
publicity_days	\N	(,)	7	民政部《关于规范志愿服务记录证明工作的指导意见》(民发〔2015〕149号):一般不少于七日
star_publicity_days	\N	(,)	7	全国无数值规定;比照民发〔2015〕149号的一般不少于七日,北京等地星级认定须经公示
checkin_early_minutes	\N	(,)	30	全国无数值规定;开始前三十分钟起可以签到,地方可另行规定
recording_deadline_working_days	\N	(,)	10	《志愿服务记录与证明出具办法(试行)》(民政部令第67号)第十一条
yearly_hours	\N	(,)	20	《中国注册志愿者管理办法》:每年不少于二十小时
minimum_age_registration	\N	(,)	6	《志愿服务条例》第十五条(与年龄相适应);全国无数值规定,取各地规定中的最低值
minimum_age_hazardous	\N	(,)	18	《志愿服务条例》第十五条(与年龄相适应);浙江、山东等地志愿服务条例:未成年人不参加抢险救灾等危险服务
guardian_consent_age	\N	(,)	14	《中华人民共和国个人信息保护法》第三十一条
activity_extension_days	\N	(,)	30	全国志愿服务信息系统:项目只可延期一次,不超过三十日
volunteer_ratio_office	\N	(,)	0.60	创建全国文明城市志愿服务工作方案:党政机关和人民团体注册比例不低于 60%
volunteer_ratio_enterprise	\N	(,)	0.50	创建全国文明城市志愿服务工作方案:企事业单位注册比例不低于 50%
volunteer_ratio_model	\N	(,)	0.70	创建全国文明城市志愿服务工作方案:文明单位、初中以上学校、大中专院校注册比例不低于 70%
volunteer_ratio_village	\N	(,)	0.15	创建全国文明城市志愿服务工作方案:文明村镇(社区)注册比例不低于 15%
volunteer_ratio_residents	\N	(,)	0.10	创建全国文明城市志愿服务工作方案:注册志愿者占建成区常住人口不低于 10%
headcount_drop_ratio	\N	(,)	0.05	全国无数值规定;人数减少超过此比例须说明理由,以免缩小基数抬高注册比例
contact_retention_days	\N	(,)	30	《中华人民共和国个人信息保护法》第十九条、第四十七条:实现目的所必要的最短时间;全国无数值规定
share_days	\N	(,)	30	《中华人民共和国个人信息保护法》第十九条:实现目的所必要的最短时间;全国无数值规定
number_block_size	\N	(,)	1000	注册编号分配表:未另行分配时每次续分的号数
time_bank_unit_minutes	\N	(,)	1	时间银行存入单位(分钟):全国无规定,不取整;广州公益时间银行以整小时计
time_bank_cap_minutes	\N	(,)	Infinity	时间银行余额上限(分钟):全国无规定,不设上限;南京个人账户上限 1500 小时
time_bank_expiry_months	\N	(,)	Infinity	时间银行存入后有效月数:全国无规定,不过期
time_bank_redemption_age	\N	(,)	0	时间银行兑换的最低年龄:全国无规定,不限;北京须满六十周岁
time_bank_redemption_star	\N	(,)	0	时间银行兑换所需星级:全国无规定,不限;广州须为一星级
time_bank_gift	\N	(,)	0	时间银行可否赠与直系亲属(1 可,0 否):全国无规定,不开放
time_bank_donation	\N	(,)	0	时间银行可否捐赠(1 可,0 否):全国无规定,不开放
application_days	\N	(,)	60	《中华人民共和国个人信息保护法》第十九条:保存期限为实现处理目的所必要的最短时间;天数由本部署规定
import_row_days	\N	(,)	90	《中华人民共和国个人信息保护法》第十九条:保存期限为实现处理目的所必要的最短时间;天数由本部署规定
\.

INSERT INTO registry.policy_event (policy_id, to_status) SELECT p.policy_id, 'set' FROM registry.policy p;
