// status_list.mjs ISSUER: addresses of status lists, one a line. Fetches each, verifies it with jose as the draft asks for
// (type, subject, expiry), and reads it with @sd-jwt/jwt-status-list: how many entries have which status.

import { answer, require } from './packages.mjs';

const { createRemoteJWKSet, jwtVerify } = require('jose');
const { getListFromStatusListJWT } = require('@sd-jwt/jwt-status-list');
const [issuer] = process.argv.slice(2);
const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

await answer(async (uri) => {
    const token = await (await fetch(uri)).text();
    const { payload } = await jwtVerify(token, jwks, { issuer, subject: uri, typ: 'statuslist+jwt', requiredClaims: ['exp', 'iat'] });
    const list = getListFromStatusListJWT(token);
    const statuses = {};
    for (let i = 0; i < 131072; i++) {
        const status = list.getStatus(i);
        if (status !== 0) statuses[i] = status;
    }
    return { ttl: payload.ttl, aggregation: payload.status_list.aggregation_uri, statuses };
});
