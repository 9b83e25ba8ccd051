// What the page says is what was signed, and nothing of it is ever markup.

import { code, desk, is, ok, test, visit } from './browser.mjs';

const locale = 'zh-CN';
const texts = (page, selector) =>
    page.$$eval(selector, (nodes) => nodes.map((node) => node.textContent.trim()).join('|'));

await test(async (browser) => {
    const { certificate } = await (await fetch(`${desk}/c/${code.valid}.json`)).json();

    await visit(browser, `${desk}/c/${code.valid}`, { locale }, async (page) => {
        is(await texts(page, '.figures p'),
            `${certificate.name_masked}|${certificate.hours} 小时|☆☆☆☆☆ ${certificate.star} 星`, 'name, hours, stars');
        is(await texts(page, '.certificate > dl dd'), [
            certificate.cert_no, `${certificate.period.from} 至 ${certificate.period.to}`, certificate.issuing_org.name,
            certificate.issuing_org.uscc,
            new Date((certificate.iat + 8 * 3600) * 1000).toISOString().slice(0, 10), certificate.as_of,
        ].join('|'), 'number, period, issuer, credit code, date of issue, as of');
        is(await texts(page, 'tbody td'),
            certificate.lines.map((line) => `${line.project} ${line.org}|${line.hours}`).join('|'), 'one row a line');
        is(await texts(page, 'tfoot td'), certificate.hours, 'the total');
        ok((await page.textContent('.compare')).includes(`只认地址栏 ${new URL(desk).host}`), 'the domain in words');
        ok((await page.textContent('.verdict')).includes('截图无效'), 'a screenshot proves nothing');
        ok(!(await page.title()).includes(certificate.name_masked), 'no name in the title');

        const checked = Date.parse(`${await page.textContent('.checked time')}+08:00`);
        ok(Math.abs(Date.now() - checked) < 60000, 'checked just now, in Beijing time');
    });

    await visit(browser, `${desk}/c/${code.revoked}`, { locale }, async (page) => {
        const [since, reason] = (await texts(page, '.verdict dd')).split('|');

        ok(Math.abs(Date.now() - Date.parse(`${since}+08:00`)) < 600000, 'revoked since');
        is(reason, '出具有误', 'the reason in words');
    });
    await visit(browser, `${desk}/c/${code.suspended}`, { locale: 'en-US' }, async (page) => {
        is((await texts(page, '.verdict dd')).split('|')[1], 'A service record it covers is no longer in effect',
            'the reason in English');
    });

    for (const verdict of ['revoked', 'suspended', 'superseded', 'mismatch', 'unknown']) {
        await visit(browser, `${desk}/c/${code[verdict]}`, { locale }, async (page) => {
            ok((await page.textContent('.verdict')).includes('请勿采信'), `${verdict}: says that it is not to be relied on`);
        });
    }

    await visit(browser, `${desk}/c/${code.mismatch}`, { locale }, async (page) => {
        ok(!(await page.content()).includes('999.00'), 'an altered row shows nothing of its content');
    });

    await visit(browser, `${desk}/c/${code.many}`, { locale }, async (page) => {
        is((await page.$$('tbody tr')).length, 31, 'thirty lines and one for the rest');
        is(await page.textContent('tbody tr:last-child td'), '其余 2 项', 'which says how many they are');
    });

    await visit(browser, `${desk}/c/${code.markup}`, { locale }, async (page) => {
        ok((await texts(page, 'tbody td')).includes('<script>document.title = "taken"</script><b>&amp;"\''),
            'a project named like markup is shown as its name');
        is(await page.title(), '证明有效 · 志愿服务记录证明查验', 'and was not run');
        is((await page.$$('script:not([src="/c/disclosure.js"]), tbody b')).length, 0, 'nor became an element');
    });
});
