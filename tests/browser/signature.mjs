// A browser verifies the token by itself under the policy of the page, with nothing but WebCrypto and our JWKS.

import { canonical, is, test, visit } from './browser.mjs';

async function verify(alter) {
    const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const token = await (await fetch(`${location.pathname}.jwt`)).text();
    const { keys } = await (await fetch('/.well-known/jwks.json')).json();
    const [header, payload, signature] = token.split('.');
    const { kid } = JSON.parse(new TextDecoder().decode(bytes(header)));
    const jwk = keys.find((key) => key.kid === kid);
    const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);

    return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes(signature),
        new TextEncoder().encode(`${header}.${alter ? payload.replace(/^./, 'f') : payload}`));
}

await test(async (browser) => {
    await visit(browser, canonical('valid'), {}, async (page) => {
        is(await page.evaluate(verify, false), true, 'the token verifies');
        is(await page.evaluate(verify, true), false, 'an altered one does not');

        const refused = await page.evaluate(() => new Promise((resolve) => {
            document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
            document.head.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "taken"' }));
        }));
        is(refused, 'script-src-elem', 'inline script is refused by the policy');
    });
});
