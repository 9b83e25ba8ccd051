// Printed, a certificate is one A4 page with a QR code that scans, however many lines it has.

import { canonical, decode, is, ok, test, visit } from './browser.mjs';

const A4 = { width: 595, height: 842 };
const mm = 96 / 25.4;

await test(async (browser) => {
    for (const name of ['valid', 'revoked', 'many']) {
        await visit(browser, canonical(name), { colorScheme: 'dark' }, async (page) => {
            const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
            const [, width, height] = pdf.match(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/).map(Number);

            is((pdf.match(/\/Type \/Page\b/g) ?? []).length, 1, `${name}: one page`);
            ok(Math.abs(width - A4.width) < 1 && Math.abs(height - A4.height) < 1, `${name}: A4`, `${width} × ${height}`);

            await page.emulateMedia({ media: 'print' });
            await page.setViewportSize({ width: Math.round(180 * mm), height: Math.round(281 * mm) });
            const box = await (await page.$('figure img')).boundingBox();
            ok(box.width * 37 / 45 >= 25 * mm, `${name}: the modules of the QR code cover 25 mm`, box.width / mm);
            const { jsqr, zbarimg } = decode(await page.screenshot());
            is(jsqr, canonical(name), `${name}: the QR code as printed: jsqr`);
            is(zbarimg, canonical(name), `${name}: the QR code as printed: zbarimg`);
        });
    }
});
