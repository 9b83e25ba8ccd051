// Holder's disclosure: a link /c/CODE#~DISCLOSURE~DISCLOSURE~ shows the holder's full name and the end of the ID number
// (SD-JWT, RFC 9901 section 4.2). A fragment is not part of a request, and nothing of it is sent anywhere: what is fetched
// is the token of the certificate, whose signature covers the digests of its disclosures.

// On the page of a valid certificate; elsewhere nothing is disclosed, and the address forgets it all the same.
const section = document.querySelector('.disclosure');
const shown = section?.querySelector('.disclosed');
const { code, origin } = section?.dataset ?? {};

const text = new TextDecoder('utf-8', { fatal: true });

class Refusal extends Error {}

function require(holds, outcome) {
    if (!holds) {
        throw new Refusal(outcome);
    }
}

function decoded(base64url) {
    return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

const parsed = (base64url) => JSON.parse(text.decode(decoded(base64url)));

async function fetched(path) {
    const response = await fetch(path, { cache: 'no-store' });
    require(response.ok, 'unavailable');
    return response;
}

// Claims of the certificate's token; RFC 8725: the key says which algorithm.
async function certificate() {
    const [token, { keys }] = await Promise.all([
        fetched(`/c/${code}.jwt`).then((response) => response.text()),
        fetched('/.well-known/jwks.json').then((response) => response.json()),
    ]);
    const [header, payload, signature] = token.split('.');
    const { kid } = parsed(header);
    const jwk = keys.find((key) => key.kid === kid);
    require(jwk !== undefined, 'unavailable');

    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    require(await crypto.subtle.verify(algorithm, key, decoded(signature), signed), 'unavailable');

    const claims = parsed(payload);
    require(claims.iss === origin && claims.jti === `${origin}/c/${code}`, 'unavailable');
    return claims;
}

// What the holder gives: a link, an SD-JWT, or bare disclosures with their tildes.
function disclosures(given) {
    const found = new Map();
    const parts = given.trim().split('~').slice(1).filter((part) => part !== '');

    require(parts.length > 0, 'malformed');
    for (const part of parts) {
        let disclosure;

        require(/^[\w-]+$/.test(part), 'malformed');
        try {
            disclosure = parsed(part);
        } catch {
            throw new Refusal('malformed');
        }
        require(Array.isArray(disclosure) && disclosure.length === 3
            && disclosure.every((element) => typeof element === 'string'), 'malformed');

        const [, name, value] = disclosure;
        require(['name', 'id_tail'].includes(name) && !found.has(name), 'malformed');
        found.set(name, { part, value });
    }
    return found;
}

async function digest(part) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(part)));
    return btoa(String.fromCharCode(...hash)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function proved(given) {
    const found = disclosures(given);
    const { _sd: digests, _sd_alg: algorithm } = await certificate();

    require(algorithm === 'sha-256' && Array.isArray(digests), 'unavailable');
    for (const { part } of found.values()) {
        require(digests.includes(await digest(part)), 'foreign');
    }
    return found;
}

let latest = 0;

async function verify(given) {
    const turn = ++latest;
    let found = new Map();
    let outcome = 'genuine';

    tell(found, 'pending');
    try {
        found = await proved(given);
    } catch (error) {
        outcome = error instanceof Refusal ? error.message : 'unavailable';
    }
    if (turn === latest) {
        tell(found, outcome);
    }
}

function tell(found, outcome) {
    for (const words of shown.querySelectorAll('[data-outcome]')) {
        words.hidden = words.dataset.outcome !== outcome;
    }
    for (const row of shown.querySelectorAll('[data-claim]')) {
        const disclosed = found.get(row.dataset.claim);
        row.hidden = disclosed === undefined;
        row.querySelector('dd').textContent = disclosed?.value ?? '';
    }
}

// Taken out of the address at once, so that neither the history nor a copied address tells the name.
function take() {
    const { hash, pathname, search } = location;

    if (hash.includes('~')) {
        history.replaceState(null, '', pathname + search);
        if (section !== null) {
            verify(hash);
        }
    }
}

function offer() {
    const field = section.querySelector('input');

    section.querySelector('form').addEventListener('submit', (event) => {
        event.preventDefault();
        verify(field.value);
        field.value = '';
        shown.scrollIntoView({ block: 'center' });
    });
    // Beside the masked name, where it is compared and where a refusal is not missed.
    document.querySelector('.figures').after(shown);
    section.hidden = false;
}

if (section !== null) {
    offer();
}
addEventListener('hashchange', take);
take();
