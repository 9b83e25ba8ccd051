// The npm packages live in tests/npm.

import { webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

export const require = createRequire(new URL('../npm/package.json', import.meta.url));
export const { subtle } = webcrypto;

// Each line of standard input through verify(), each result or refusal as one line of JSON.
export async function answer(verify) {
    for await (const line of createInterface({ input: process.stdin })) {
        let result;
        try {
            result = await verify(line);
        } catch (error) {
            result = { refused: `${error.code ?? error.name}: ${error.message}` };
        }
        console.log(JSON.stringify(result));
    }
}
