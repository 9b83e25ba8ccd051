// Every verdict named on the command line, in both languages and both colour schemes, on a phone and on a desk.

import { code, desk, is, objections, ok, test, visit } from './browser.mjs';

const words = {
    'zh-CN': {
        valid: '证明有效', revoked: '证明已撤销', suspended: '证明核查中', superseded: '证明已被取代', mismatch: '签名不符',
        unknown: '查无此证', malformed: '编号输入有误', unavailable: '暂时无法查验', form: '查验志愿服务记录证明',
        number: '按编号查验',
    },
    'en-US': {
        valid: 'Valid certificate', revoked: 'Certificate revoked', suspended: 'Certificate under review',
        superseded: 'Certificate superseded', mismatch: 'Signature does not match', unknown: 'No such certificate',
        malformed: 'Number mistyped', unavailable: 'Cannot verify now', form: 'Verify a volunteer certificate',
        number: 'Verify by number',
    },
};
const views = [
    { locale: 'zh-CN', colorScheme: 'light' },
    { locale: 'zh-CN', colorScheme: 'dark' },
    { locale: 'en-US', colorScheme: 'light' },
    { locale: 'zh-CN', colorScheme: 'light', javaScriptEnabled: false },
];
const paths = { malformed: 'ABCDE', form: '', unavailable: code.valid, number: '../n/' };

await test(async (browser) => {
    for (const view of views) {
        await visit(browser, `${desk}/c/`, view, async (page) => {
            for (const verdict of process.argv.slice(2)) {
                const scripted = view.javaScriptEnabled ?? true;
                const name = `${verdict}, ${view.locale}, ${view.colorScheme}${scripted ? '' : ', no JavaScript'}`;

                await page.goto(`${desk}/c/${paths[verdict] ?? code[verdict]}`);
                is(await page.textContent('h1'), words[view.locale][verdict], `${name}: verdict in words`);
                ok(await page.isVisible('.verdict svg'), `${name}: and as an icon`);
                for (const width of [320, 1280]) {
                    await page.setViewportSize({ width, height: 800 });
                    is(await page.evaluate('document.documentElement.scrollWidth'), width,
                        `${name}: no horizontal scrolling at ${width} px`);
                }
                if (scripted) {
                    await page.setViewportSize({ width: 320, height: 800 });
                    await page.evaluate("document.documentElement.style.fontSize = '200%'");
                    is(await page.evaluate('document.documentElement.scrollWidth'), 320,
                        `${name}: nor with letters of twice the size`);
                    await page.evaluate("document.documentElement.style.fontSize = ''");

                    const found = await objections(page);
                    ok(found.length === 0, `${name}: axe-core finds nothing`, ...found);
                }
            }

            const elsewhere = page.addresses.filter((address) => !address.startsWith(`${desk}/`) && address !== 'data:,');
            ok(elsewhere.length === 0, 'nothing comes from elsewhere', ...elsewhere);
            const complaints = page.messages.filter((text) => !text.startsWith('Failed to load resource'));
            ok(complaints.length === 0, 'nothing on the console', ...complaints);
        });
    }
});
