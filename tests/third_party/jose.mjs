// jose.mjs ISSUER: a verifier that trusts one issuer and finds its keys by the issuer's metadata; one token a line.

import { answer, require } from './packages.mjs';

const { createRemoteJWKSet, jwtVerify } = require('jose');
const [issuer] = process.argv.slice(2);

const metadata = await (await fetch(`${issuer}/.well-known/jwt-vc-issuer`)).json();
if (metadata.issuer !== issuer) {
    throw new Error('the metadata names another issuer');
}
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));

await answer(async (token) => {
    const { payload, protectedHeader } =
        await jwtVerify(token, keys, { issuer, typ: 'dc+sd-jwt', algorithms: ['ES256'] });
    return { payload, header: protectedHeader };
});
