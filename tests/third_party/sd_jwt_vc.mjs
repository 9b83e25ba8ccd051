// sd_jwt_vc.mjs ISSUER: presentations, one {"presentation", "idx", "status"} a line, through @sd-jwt/sd-jwt-vc with its
// own fetcher of type metadata. The status list is made here: every entry but idx says the opposite of status, so that
// a verifier which looks at the wrong entry gives the wrong verdict.

import { createHash, randomBytes } from 'node:crypto';
import { answer, require, subtle } from './packages.mjs';

const { createRemoteJWKSet, exportJWK, generateKeyPair, SignJWT, decodeProtectedHeader } = require('jose');
const { SDJwtVcInstance } = require('@sd-jwt/sd-jwt-vc');
const { StatusList } = require('@sd-jwt/jwt-status-list');
const [issuer] = process.argv.slice(2);

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const listKey = await generateKeyPair('ES256');
const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

async function signedBy(jwk, data, signature) {
    const key = await subtle.importKey('jwk', jwk, ecdsa, false, ['verify']);
    return subtle.verify(ecdsa, key, Buffer.from(signature, 'base64url'), Buffer.from(data));
}

async function issuerKey(data) {
    const header = decodeProtectedHeader(`${data}.`);
    return exportJWK(await jwks(header));
}

await answer(async (line) => {
    const { presentation, idx, status } = JSON.parse(line);
    const fetched = [];
    const verifier = new SDJwtVcInstance({
        hasher: (data, algorithm) => createHash(algorithm.replace('-', '')).update(Buffer.from(data)).digest(),
        hashAlg: 'sha-256',
        saltGenerator: () => randomBytes(16).toString('base64url'),
        verifier: async (data, signature) => signedBy(await issuerKey(data), data, signature),
        loadTypeMetadataFormat: true,
        statusListFetcher: async (uri) => {
            fetched.push(uri);
            const entries = new Array(131072).fill(status === 0 ? 1 : 0);
            entries[idx] = status;
            return new SignJWT({ status_list: { bits: 2, lst: new StatusList(entries, 2).compressStatusList() } })
                .setProtectedHeader({ alg: 'ES256', typ: 'statuslist+jwt' })
                .setIssuer(issuer).setSubject(uri).setIssuedAt().sign(listKey.privateKey);
        },
        statusVerifier: async (data, signature) => signedBy(await exportJWK(listKey.publicKey), data, signature),
    });
    const { payload, typeMetadata } = await verifier.verify(presentation);
    return { payload, fetched, type: typeMetadata.mergedTypeMetadata };
});
