// The holder's disclosure: verified in the browser, told to nobody.

import { code, desk, is, objections, ok, test, visit } from './browser.mjs';

const page = `${desk}/c/${code.valid}`;
const [, fragment] = code.link.split('#');
const [, ofAnother] = code.link_of_another.split('#');
const [name, tail] = fragment.split('~').filter(Boolean);
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));

const outcomes = {
    'zh-CN': { genuine: '属实', foreign: '不符', malformed: '链接不完整', unavailable: '暂时无法验证' },
    'en-US': { genuine: 'Genuine', foreign: 'Does not match', malformed: 'incomplete', unavailable: 'Cannot verify now' },
};

async function outcome(opened) {
    await opened.waitForSelector('[data-outcome]:not([data-outcome=pending]):not([hidden])');
    return opened.textContent('[data-outcome]:not([hidden])');
}

const rows = (opened) => opened.$$eval('.disclosed div', (divs) =>
    divs.filter((div) => div.checkVisibility()).map((div) => div.querySelector('dd').textContent).join(' '));

async function given(opened, text) {
    await opened.fill('#link', text);
    await opened.click('.disclosure button');
    return outcome(opened);
}

await test(async (browser) => {
    is(code.link, `${page}#~${name}~${tail}~`, 'the registry makes the link');

    for (const [locale, words] of Object.entries(outcomes)) {
        for (const colorScheme of ['light', 'dark']) {
            await visit(browser, code.link, { locale, colorScheme, viewport: { width: 390, height: 844 } }, async (opened) => {
                const where = `${locale}, ${colorScheme}`;
                const sane = async (what) => {
                    is(await opened.evaluate('document.documentElement.scrollWidth'), 390, `${where}, ${what}: no scrolling`);
                    const found = await objections(opened);
                    ok(found.length === 0, `${where}, ${what}: axe-core finds nothing`, ...found);
                };

                ok((await outcome(opened)).includes(words.genuine), `${where}: the link is genuine`);
                is(await rows(opened), '测小甲 0116', `${where}: name and end of the ID number`);
                const [masked, full] = await Promise.all(['.name', '.disclosed'].map(async (selector) =>
                    (await opened.$(selector)).boundingBox()));
                ok(full.y > masked.y && full.y < masked.y + 160, `${where}: near the masked name`);
                await sane('genuine');

                ok((await given(opened, `${page}#~${encoded(['c2FsdA', 'name', '测大甲'])}~`)).includes(words.foreign),
                    `${where}: a forged one is not`);
                is(await rows(opened), '', `${where}: and nothing stays of the last one`);
                const refusal = await (await opened.$('.refused:not([hidden])')).boundingBox();
                ok(refusal.y >= 0 && refusal.y < 844, `${where}: which nobody can miss`);
                await sane('forged');
                ok((await given(opened, `${page}#~`)).includes(words.malformed), `${where}: an empty one is no disclosure`);

                is(opened.messages.join(), '', `${where}: nothing on the console`);
            });
        }
    }

    await visit(browser, code.link, { locale: 'zh-CN' }, async (opened) => {
        await outcome(opened);
        is(opened.url(), page, 'the address forgets the disclosure');
        is(opened.addresses.filter((address) => address !== 'data:,').map((address) => address.replace(desk, '')).sort().join(' '),
            ['/.well-known/jwks.json', `/c/${code.valid}`, `/c/${code.valid}.jwt`, `/c/${code.valid}.svg`,
                '/c/disclosure.js', '/c/style.css'].sort().join(' '), 'no request tells it');

        for (const [text, words, shown, why] of [
            [`~${name}~`, '属实', '测小甲', 'the name alone'],
            [`x.y.z~${tail}~${name}~`, '属实', '测小甲 0116', 'an SD-JWT, in any order'],
            [code.link, '属实', '测小甲 0116', 'the whole link'],
            [code.link_of_another, '不符', '', 'the link of another certificate'],
            [`~${tail}${ofAnother}`, '不符', '', 'one of this and one of another'],
            [`~${encoded([decoded(name)[0], 'name', '测大甲'])}~`, '不符', '', 'the right salt with a wrong name'],
            [`~${encoded(decoded(name))} ~`, '链接不完整', '', 'a character too many'],
            [`~${name.slice(0, -2)}~`, '链接不完整', '', 'characters cut off'],
            [`~${name}~${name}~`, '链接不完整', '', 'the name twice'],
            [`~${encoded(['c2FsdA', 'hours', '999.00'])}~`, '链接不完整', '', 'a claim that nobody discloses'],
            [`~${encoded(['c2FsdA', 'name', { a: 1 }])}~`, '链接不完整', '', 'a value that is no text'],
            [`~${encoded({ name: '测大甲' })}~`, '链接不完整', '', 'no disclosure at all'],
            ['测小甲', '链接不完整', '', 'a name'],
        ]) {
            ok((await given(opened, text)).includes(words), `${why}: ${words}`);
            is(await rows(opened), shown, `${why}: shows ${shown || 'nothing'}`);
        }

        await opened.evaluate((hash) => { location.hash = hash; }, ofAnother);
        await opened.waitForSelector('[data-outcome=foreign]:not([hidden])');
        ok(true, 'a link that is opened in the same page is verified as well');
        is(await opened.evaluate('history.state'), null, 'and leaves no state');
        is(opened.url(), page, 'nor an address');
    });

    await visit(browser, page, { locale: 'zh-CN' }, async (opened) => {
        is((await opened.innerText('.disclosed')).trim(), '', 'without a link the page says nothing of a name');
        const token = await (await fetch(`${page}.jwt`)).text();
        const [header, payload, signature] = token.split('.');
        const forged = encoded(['c2FsdA', 'name', '测大甲']);
        const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(forged))).toString('base64url');
        const altered = [header, encoded({ ...decoded(payload), _sd: [digest] }), signature].join('.');
        const another = await (await fetch(`${desk}/c/${code.many}.jwt`)).text();

        for (const [answer, why] of [
            [{ body: altered }, 'a token with a digest that was not signed'],
            [{ body: another }, 'the token of another certificate'],
            [{ body: 'x' }, 'no token'],
            [{ status: 410, body: '{}' }, 'a certificate revoked meanwhile'],
        ]) {
            await opened.route('**/*.jwt', (route) => route.fulfill(answer));
            ok((await given(opened, `~${forged}~`)).includes('暂时无法验证'), `${why}: proves nothing`);
            is(await rows(opened), '', `${why}: shows nothing`);
            await opened.unroute('**/*.jwt');
        }
        await opened.route('**/jwks.json', (route) => route.abort());
        ok((await given(opened, code.link)).includes('暂时无法验证'), 'no keys: proves nothing');
    });

    await visit(browser, code.link, { locale: 'zh-CN', javaScriptEnabled: false }, async (opened) => {
        is(await opened.textContent('h1'), '证明有效', 'without JavaScript there is the verdict');
        ok(!(await opened.isVisible('.disclosure')), 'and no field that would do nothing');
    });

    for (const state of ['revoked', 'suspended', 'superseded', 'mismatch', 'unknown']) {
        await visit(browser, `${desk}/c/${code[state]}#${fragment}`, {}, async (opened) => {
            is((await opened.$$('.disclosure')).length, 0, `${state}: nothing is disclosed`);
            is(opened.url(), `${desk}/c/${code[state]}`, `${state}: and the address forgets it`);
        });
    }
});
