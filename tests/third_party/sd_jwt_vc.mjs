// sd_jwt_vc.mjs ISSUER: presentations, one a line, through @sd-jwt/sd-jwt-vc with its own fetchers of status lists and type
// metadata. Says what it read and what it fetched.

import { createHash, randomBytes } from 'node:crypto';
import { answer, require, subtle } from './packages.mjs';

const { createRemoteJWKSet, exportJWK, decodeProtectedHeader } = require('jose');
const { SDJwtVcInstance } = require('@sd-jwt/sd-jwt-vc');
const [issuer] = process.argv.slice(2);

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const { fetch } = globalThis;
let fetched;

globalThis.fetch = (uri, options) => {
    fetched.push(String(uri));
    return fetch(uri, options);
};

// Certificates and status lists are signed by the same keys.
async function verifier(data, signature) {
    const jwk = await exportJWK(await jwks(decodeProtectedHeader(`${data}.`)));
    const key = await subtle.importKey('jwk', jwk, ecdsa, false, ['verify']);
    return subtle.verify(ecdsa, key, Buffer.from(signature, 'base64url'), Buffer.from(data));
}

await answer(async (presentation) => {
    fetched = [];
    const { payload, typeMetadata } = await new SDJwtVcInstance({
        hasher: (data, algorithm) => createHash(algorithm.replace('-', '')).update(Buffer.from(data)).digest(),
        hashAlg: 'sha-256',
        saltGenerator: () => randomBytes(16).toString('base64url'),
        verifier,
        loadTypeMetadataFormat: true,
    }).verify(presentation);
    return { payload, fetched, type: typeMetadata.mergedTypeMetadata };
});
