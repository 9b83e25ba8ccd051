-- The national star standard. Local ones differ in thresholds, months of registration or both.

COPY registry.star_standard (region, valid, thresholds, tenure_months, basis) FROM stdin;
\N	(,)	{100:00,300:00,600:00,1000:00,1500:00}	{0,0,0,0,0}	《关于推进志愿服务制度化的意见》(文明委〔2014〕3号):累计 100、300、600、1000、1500 小时依次认定一至五星级
\.
