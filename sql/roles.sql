-- Group roles of the registry. Roles belong to the whole cluster, so those another registry database made are reused.

SELECT format('CREATE ROLE %I NOLOGIN', name)
FROM unnest(ARRAY[
    'registry_owner',
    'registry_administrator',
    'registry_registrar',
    'registry_recorder',
    'registry_reviewer',
    'registry_issuer',
    'registry_analyst',
    'registry_auditor',
    'registry_verifier'
]) AS name
WHERE to_regrole(name) IS NULL
\gexec

-- The deployer creates everything as registry_owner and stays its member for later upgrades.
GRANT registry_owner TO CURRENT_USER;
