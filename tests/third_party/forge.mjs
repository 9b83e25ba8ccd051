// forge.mjs PEM HEADER PAYLOAD: a compact JWS with whatever header and payload.

import { readFileSync } from 'node:fs';
import { createPrivateKey, sign } from 'node:crypto';

const [pem, header, payload] = process.argv.slice(2);
const input = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.');
const key = createPrivateKey(readFileSync(pem));
const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
console.log(`${input}.${signature.toString('base64url')}`);
