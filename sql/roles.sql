-- Group roles of the registry. Roles belong to the whole cluster, so those another registry database made are reused:
-- whoever administrates, audits or reads the reports of one may do so in all that the role may connect to. Registries of
-- bodies that do not trust each other belong into clusters of their own.

SELECT format(statement, name, comment)
FROM (VALUES
    ('registry_owner', '登记库所有者:拥有全部对象,不登录'),
    ('registry_administrator', '管理员:组织、工作人员、政策数值、号段'),
    ('registry_registrar', '登记员:注册志愿者,变更注册状态'),
    ('registry_portal', '门户:代申请人递交、查询、撤回注册申请'),
    ('registry_recorder', '记录员:项目、活动、服务记录'),
    ('registry_reviewer', '审核员:审核记录,认定星级'),
    ('registry_issuer', '出证员:出具、撤销证明'),
    ('registry_dispatcher', '派单员:制单、派单、办结'),
    ('registry_analyst', '统计员:只读报表'),
    ('registry_auditor', '审计员:只读状态变更记录'),
    ('registry_verifier', '查验服务:只调用 verify 中的函数')
) AS role (name, comment),
    (VALUES ('CREATE ROLE %I NOLOGIN'), ('COMMENT ON ROLE %I IS %L')) AS step (statement)
WHERE to_regrole(name) IS NULL
ORDER BY name, statement DESC -- CREATE before COMMENT
\gexec

-- The deployer creates everything as registry_owner and stays its member for later upgrades.
GRANT registry_owner TO CURRENT_USER;
