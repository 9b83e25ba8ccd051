-- Items of the standards that policy papers name. 八有一坚持 has none here: its items are set locally.

COPY registry.standard_item (standard, code, name, measure, threshold, points, valid, basis) FROM stdin;
six_haves	rules	有管理制度	\N	\N	1	(,)	创建全国文明城市志愿服务工作方案:志愿服务站六个有
six_haves	place	有专用场所	station	1	1	(,)	创建全国文明城市志愿服务工作方案:志愿服务站六个有
six_haves	team	有志愿服务队伍	team	1	1	(,)	创建全国文明城市志愿服务工作方案:志愿服务站六个有
six_haves	ledger	有注册志愿者、活动、服务对象台账	ledger	3	1	(,)	创建全国文明城市志愿服务工作方案:志愿服务站六个有
six_haves	project	有相对固定服务项目	regular_project	1	1	(,)	创建全国文明城市志愿服务工作方案:志愿服务站六个有
six_haves	mark	有明显标识	station	1	1	(,)	创建全国文明城市志愿服务工作方案:志愿服务站六个有
five_haves	organization	有组织	team	1	1	(,)	创建全国文明城市志愿服务工作方案:五有
five_haves	people	有人员	volunteer	1	1	(,)	创建全国文明城市志愿服务工作方案:五有
five_haves	place	有场所(对象)	station	1	1	(,)	创建全国文明城市志愿服务工作方案:五有
five_haves	activity	有活动	activity	1	1	(,)	创建全国文明城市志愿服务工作方案:五有
five_haves	rules	有制度	\N	\N	1	(,)	创建全国文明城市志愿服务工作方案:五有
station_six	place	有场所	station	1	1	(,)	中办、国办《关于健全新时代志愿服务体系的意见》(2024):站点标准化建设
station_six	team	有队伍	team	1	1	(,)	中办、国办《关于健全新时代志愿服务体系的意见》(2024):站点标准化建设
station_six	project	有项目	regular_project	1	1	(,)	中办、国办《关于健全新时代志愿服务体系的意见》(2024):站点标准化建设
station_six	facilities	有设施	\N	\N	1	(,)	中办、国办《关于健全新时代志愿服务体系的意见》(2024):站点标准化建设
station_six	rules	有制度	\N	\N	1	(,)	中办、国办《关于健全新时代志愿服务体系的意见》(2024):站点标准化建设
station_six	mark	有标识	station	1	1	(,)	中办、国办《关于健全新时代志愿服务体系的意见》(2024):站点标准化建设
five_ones	station	工作站点	station	1	1	(,)	志愿服务结对帮扶“五个一”
five_ones	brand_project	品牌项目	brand_project	1	1	(,)	志愿服务结对帮扶“五个一”
five_ones	publicity	宣传阵地	\N	\N	1	(,)	志愿服务结对帮扶“五个一”
five_ones	atmosphere	公益氛围	\N	\N	1	(,)	志愿服务结对帮扶“五个一”
five_ones	team	志愿队伍	team	1	1	(,)	志愿服务结对帮扶“五个一”
\.
