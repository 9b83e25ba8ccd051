-- Code lists of the national volunteer service information system; the list of lists comes first.

COPY registry.code_item (set, code, name_zh, name_en) FROM stdin;
code_set	document_kind	证件类型	Identity document
code_set	sex	性别(GB/T 2261.1)	Sex
code_set	political_status	政治面貌(GB/T 4762)	Political status
code_set	education	学历	Education
code_set	employment	从业状况(GB/T 2261.4)	Employment
code_set	ethnicity	民族(GB/T 3304)	Ethnic group
code_set	service_category	服务类别	Service category
code_set	beneficiary	服务对象	Beneficiaries
code_set	volunteer_support	志愿者保障	Support for volunteers
code_set	organization_kind	队伍类型	Kind of organization
code_set	unit_kind	单位类型	Kind of unit
code_set	organization_status	队伍状态	Organization status
code_set	joining_mode	加入方式	Way of joining
code_set	project_status	项目状态	Project status
code_set	recruitment_mode	招募方式	Recruitment
code_set	post_membership	人岗关系	Person and post
code_set	entry_method	录入方式	Entry method
code_set	hours_status	时长状态	Status of hours
code_set	hours_nature	时长性质	Nature of hours
code_set	training_kind	培训类型	Kind of training
code_set	training_mode	培训方式	Way of training
code_set	star	星级	Stars
code_set	star_application_status	星级申请状态	Status of a star application
code_set	volunteer_misconduct	志愿者失信类型	Misconduct of a volunteer
code_set	organization_misconduct	队伍失信类型	Misconduct of an organization
code_set	authority_level	级别	Level
code_set	verification_status	实名状态	Real-name verification
code_set	assessment_standard	考核标准	Standard of assessment
code_set	assessment_measure	考核指标	Measure of assessment
code_set	incident_kind	突发事件类别	Kind of incident
code_set	incident_level	突发事件级别	Level of an incident
code_set	age_band	年龄段	Age band
code_set	station_kind	站点类型	Kind of station
code_set	headcount_kind	人数种类	Kind of head count
code_set	target_metric	目标指标	Metric of a target
document_kind	01	内地居民身份证	Resident identity card
document_kind	02	香港居民身份证	Hong Kong identity card
document_kind	03	澳门居民身份证	Macao identity card
document_kind	04	台湾居民身份证	Taiwan identity card
document_kind	05	护照	Passport
document_kind	06	军官证	Officer card
document_kind	07	士兵证	Soldier card
document_kind	08	其他有效国籍旅行证件	Other valid travel document
document_kind	99	其他	Other
sex	0	未知	Unknown
sex	1	男	Male
sex	2	女	Female
sex	9	未说明	Not stated
political_status	01	中共党员	Member of the Communist Party of China
political_status	02	预备党员	Probationary party member
political_status	03	共青团员	Member of the Communist Youth League
political_status	04	民革	Revolutionary Committee of the Kuomintang
political_status	05	民盟	China Democratic League
political_status	06	民建	China National Democratic Construction Association
political_status	07	民进	China Association for Promoting Democracy
political_status	08	农工党	Chinese Peasants' and Workers' Democratic Party
political_status	09	致公党	China Zhi Gong Party
political_status	10	九三学社	Jiusan Society
political_status	11	台盟	Taiwan Democratic Self-Government League
political_status	12	无党派	Without party affiliation
political_status	13	群众	Ordinary citizen
political_status	20	其他	Other
education	00	文盲或半文盲	No or little schooling
education	11	博士研究生	Doctoral degree
education	14	硕士研究生	Master's degree
education	20	大学本科	Bachelor's degree
education	30	大学专科	Junior college
education	40	中专	Secondary vocational school
education	50	技工学校	Technical school
education	60	高中	Senior secondary school
education	70	初中	Junior secondary school
education	80	小学	Primary school
education	90	幼儿园	Kindergarten
education	91	学龄前	Below school age
education	98	特殊教育	Special education
education	99	其他	Other
employment	11	国家公务员	Civil servant
employment	13	专业技术人员	Professional or technician
employment	17	职员	Office worker
employment	21	企业管理人员	Business manager
employment	24	工人	Worker
employment	27	农民	Farmer
employment	31	学生	Student
employment	37	现役军人	Serviceman
employment	51	自由职业	Freelance
employment	54	个体经营者	Self-employed
employment	70	无业人员	Unemployed
employment	80	退(离)休	Retired
employment	90	其他	Other
ethnicity	01	汉	Han
ethnicity	02	蒙古	Mongol
ethnicity	03	回	Hui
ethnicity	04	藏	Zang
ethnicity	05	维吾尔	Uygur
ethnicity	06	苗	Miao
ethnicity	07	彝	Yi
ethnicity	08	壮	Zhuang
ethnicity	09	布依	Buyei
ethnicity	10	朝鲜	Chosen
ethnicity	11	满	Man
ethnicity	12	侗	Dong
ethnicity	13	瑶	Yao
ethnicity	14	白	Bai
ethnicity	15	土家	Tujia
ethnicity	16	哈尼	Hani
ethnicity	17	哈萨克	Kazak
ethnicity	18	傣	Dai
ethnicity	19	黎	Li
ethnicity	20	傈僳	Lisu
ethnicity	21	佤	Va
ethnicity	22	畲	She
ethnicity	23	高山	Gaoshan
ethnicity	24	拉祜	Lahu
ethnicity	25	水	Sui
ethnicity	26	东乡	Dongxiang
ethnicity	27	纳西	Naxi
ethnicity	28	景颇	Jingpo
ethnicity	29	柯尔克孜	Kirgiz
ethnicity	30	土	Tu
ethnicity	31	达斡尔	Daur
ethnicity	32	仫佬	Mulao
ethnicity	33	羌	Qiang
ethnicity	34	布朗	Blang
ethnicity	35	撒拉	Salar
ethnicity	36	毛南	Maonan
ethnicity	37	仡佬	Gelao
ethnicity	38	锡伯	Xibe
ethnicity	39	阿昌	Achang
ethnicity	40	普米	Pumi
ethnicity	41	塔吉克	Tajik
ethnicity	42	怒	Nu
ethnicity	43	乌孜别克	Uzbek
ethnicity	44	俄罗斯	Russ
ethnicity	45	鄂温克	Ewenki
ethnicity	46	德昂	Deang
ethnicity	47	保安	Bonan
ethnicity	48	裕固	Yugur
ethnicity	49	京	Gin
ethnicity	50	塔塔尔	Tatar
ethnicity	51	独龙	Derung
ethnicity	52	鄂伦春	Oroqen
ethnicity	53	赫哲	Hezhen
ethnicity	54	门巴	Monba
ethnicity	55	珞巴	Lhoba
ethnicity	56	基诺	Jino
ethnicity	97	其他	Other
ethnicity	98	外国血统中国籍	Chinese citizen of foreign descent
service_category	0001	社区服务	Community service
service_category	0002	扶贫减贫	Poverty relief
service_category	0003	支教助学	Teaching support
service_category	0004	卫生健康	Health
service_category	0005	法律服务	Legal service
service_category	0006	环境保护	Environmental protection
service_category	0007	科技科普	Science and technology
service_category	0008	文化艺术	Culture and arts
service_category	0009	平安综治	Public safety
service_category	0010	文明风尚	Civic conduct
service_category	0011	交通引导	Traffic guidance
service_category	0012	志愿消防	Volunteer fire service
service_category	0013	应急救援	Emergency rescue
service_category	0014	禁毒宣传	Drug prevention
service_category	0015	体育健身	Sports
service_category	0016	旅游服务	Tourist service
service_category	0017	关爱特殊群体	Care for groups with special needs
service_category	0018	大型活动	Large events
service_category	0019	海外志愿服务	Service overseas
service_category	0020	税收服务	Tax service
service_category	0099	其他	Other
beneficiary	01	儿童	Children
beneficiary	02	妇女	Women
beneficiary	03	老年人	Older people
beneficiary	04	残障人士	People with disabilities
beneficiary	05	优抚对象	Entitled groups
beneficiary	06	贫困家庭	Poor families
beneficiary	07	特殊群体	Special groups
beneficiary	08	病患者	Patients
beneficiary	09	农村居民	Rural residents
beneficiary	10	城镇居民	Urban residents
beneficiary	11	社会公众	General public
beneficiary	13	纳税人缴费人	Taxpayers and contributors
beneficiary	99	其他	Other
volunteer_support	01	志愿者保险	Insurance
volunteer_support	02	集中乘车	Group transport
volunteer_support	03	交通补贴	Travel allowance
volunteer_support	04	餐饮或食物	Meals
volunteer_support	05	饮水	Drinking water
volunteer_support	06	住宿	Lodging
volunteer_support	07	服装	Clothing
volunteer_support	08	服务工具	Tools
volunteer_support	09	免费体检	Free health check
volunteer_support	10	专项培训	Special training
volunteer_support	11	志愿服务证书	Certificate of service
volunteer_support	99	其他	Other
organization_kind	1	志愿服务团体	Volunteer group without registration
organization_kind	2	志愿服务组织	Registered volunteer organization
organization_kind	3	其它开展志愿服务活动的法人组织	Other legal person that runs volunteer activities
unit_kind	01	党政机关	Party or government office
unit_kind	02	教育事业	Education institution
unit_kind	03	卫生事业	Health institution
unit_kind	04	科技事业	Science institution
unit_kind	05	文化事业	Culture institution
unit_kind	06	社会福利事业	Welfare institution
unit_kind	07	其他事业	Other public institution
unit_kind	08	群团	Mass organization
unit_kind	09	居委会	Residents' committee
unit_kind	10	村委会	Villagers' committee
unit_kind	11	国企	State-owned enterprise
unit_kind	12	非国企	Other enterprise
unit_kind	13	社会团体	Association
unit_kind	14	社会服务机构	Social service agency
unit_kind	15	基金会	Foundation
unit_kind	16	社会组织	Social organization
unit_kind	99	其他	Other
organization_status	0	审批不通过	Refused
organization_status	1	已审	Approved
organization_status	2	待审	Waiting for approval
organization_status	3	停用	Disabled
organization_status	4	逻辑删除	Deleted logically
organization_status	5	系统锁定	Locked by the system
joining_mode	1	需审核	On approval
joining_mode	2	实名者免审	Free for verified volunteers
joining_mode	3	拒绝任何人	Closed
joining_mode	4	免审密码	With a password
project_status	0	待办理	To be handled
project_status	1	待审批	Waiting for approval
project_status	2	待审批/招募待启动	Recruitment not yet started
project_status	3	招募中	Recruiting
project_status	4	招募已结束(未结束)	Recruitment closed, running
project_status	5	招募已结束(结束未结项)	Ended, not closed
project_status	6	手动结项	Closed by hand
project_status	7	自动结项	Closed automatically
project_status	8	暂停	Paused
project_status	9	作废	Voided
project_status	11	停用	Disabled
project_status	12	补录	Back-entry
recruitment_mode	1	公开	Open
recruitment_mode	2	指定队伍	Named organizations
recruitment_mode	3	免审密码	With a password
recruitment_mode	4	不公开	Not public
recruitment_mode	5	时间补录	Back-entry of hours
post_membership	1	正常申请	Applied
post_membership	2	审批加入	Joined on approval
post_membership	3	邀请加入	Joined on invitation
post_membership	4	邀请中	Invited
post_membership	5	免审加入	Joined without approval
post_membership	6	本团体加入	Joined from the own group
post_membership	7	拒绝	Refused
post_membership	8	脱离	Left
entry_method	0	强制签退	Forced sign-out
entry_method	1	团体录入	Entered by the organization
entry_method	2	个人申请	Applied by the volunteer
entry_method	3	人脸识别	Face recognition
entry_method	4	快速打卡(APP)	Check-in by app
hours_status	0	申请中	Applied
hours_status	1	未签退	Not signed out
hours_status	2	已生效	Effective
hours_status	3	已删除	Deleted
hours_status	4	已拒绝	Refused
hours_status	5	未生效	Not effective
hours_nature	1	信用时长	Measured by the system
hours_nature	2	荣誉时长	Declared or back-filled
training_kind	1	通用	General
training_kind	2	岗位	For a post
training_kind	3	专业	Specialised
training_mode	1	远程	Remote
training_mode	2	面授	In person
star	1	一星	One star
star	2	二星	Two stars
star	3	三星	Three stars
star	4	四星	Four stars
star	5	五星	Five stars
star_application_status	1	已通过	Granted
star_application_status	2	审批中	Under review
star_application_status	3	未通过	Refused
star_application_status	4	已失效	Lapsed
volunteer_misconduct	1	恶意破坏	Malicious damage
volunteer_misconduct	2	不利团结	Harm to cooperation
volunteer_misconduct	3	志愿投诉	Complaint
organization_misconduct	1	志愿投诉	Complaint
organization_misconduct	2	团体建设	Conduct of the group
organization_misconduct	3	项目失信	Breach in a project
authority_level	1	全国	National
authority_level	2	省	Province
authority_level	3	市	City
authority_level	4	区(县)	County
authority_level	5	团体	Organization
verification_status	0	未通过	Failed
verification_status	1	通过	Passed
verification_status	2	审核中	Under review
age_band	0-7	8 岁以下	Under 8
age_band	8-13	8–13 岁	8 to 13
age_band	14-17	14–17 岁	14 to 17
age_band	18-27	18–27 岁	18 to 27
age_band	28-34	28–34 岁	28 to 34
age_band	35-39	35–39 岁	35 to 39
age_band	40-44	40–44 岁	40 to 44
age_band	45-59	45–59 岁	45 to 59
age_band	60-	60 岁及以上	60 and over
station_kind	community	社区(村)志愿服务站	Community station
station_kind	street	街道(乡镇)志愿服务中心	Street centre
station_kind	practice	新时代文明实践中心(所、站)	Civilization practice centre
station_kind	post	志愿服务驿站	Service post
station_kind	window	公共服务窗口	Public service window
station_kind	welfare	养老、儿童福利、救助等民政机构服务站	Station in a welfare institution
headcount_kind	staff	在职干部职工	Staff
headcount_kind	student	初中以上在校学生	Students of middle school and above
headcount_kind	resident	常住人口	Residents
headcount_kind	built_up_resident	建成区常住人口	Residents of the built-up area
target_metric	station	工作站点	Stations
target_metric	brand_project	品牌项目	Brand projects
target_metric	publicity	宣传阵地	Publicity
target_metric	atmosphere	公益氛围	Atmosphere of public good
target_metric	team	志愿队伍	Teams
target_metric	registered_volunteer	注册志愿者人数	Registered volunteers
target_metric	service_hours	服务时间(小时)	Service hours
assessment_standard	six_haves	六个有(社区志愿服务站)	Six haves of a community station
assessment_standard	five_haves	五有	Five haves
assessment_standard	station_six	六有(站点标准化)	Six haves of a standard station
assessment_standard	five_ones	五个一	Five ones
assessment_standard	eight_haves	八有一坚持	Eight haves and one persistence
assessment_measure	station	启用的站点数	Open stations
assessment_measure	team	有在册志愿者的队伍数	Teams with active volunteers
assessment_measure	volunteer	在册志愿者人数	Active volunteers
assessment_measure	volunteer_ratio	注册比例与应达比例之比	Ratio of registered volunteers to the one required
assessment_measure	brand_project	品牌项目数	Brand projects
assessment_measure	activity	一年内开展的活动数	Activities within a year
assessment_measure	regular_project	固定项目数(一年内活动两次以上)	Projects with two or more activities within a year
assessment_measure	ledger	已建台账数(志愿者、活动、服务对象)	Ledgers kept (volunteers, activities, beneficiaries)
assessment_measure	service_hours	一年内已生效服务小时数	Hours in effect within a year
incident_kind	1	自然灾害	Natural disaster
incident_kind	2	事故灾难	Accident
incident_kind	3	公共卫生事件	Public health event
incident_kind	4	社会安全事件	Public security event
incident_level	1	特别重大	Especially serious
incident_level	2	重大	Serious
incident_level	3	较大	Major
incident_level	4	一般	Ordinary
\.

COPY registry.document_kind (kind, code) FROM stdin;
citizen_id	01
hong_kong_id	02
macao_id	03
taiwan_id	04
passport	05
officer_card	06
soldier_card	07
travel_document	08
other	99
\.
