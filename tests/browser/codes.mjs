// The QR code leads to the canonical address: on the page, as SVG, as PNG, also small and blurred.

import { canonical, decode, desk, code, is, test, visit } from './browser.mjs';

const address = canonical('valid');

function bothRead(png, name) {
    for (const [decoder, text] of Object.entries(decode(png))) {
        is(text, address, `${name}: ${decoder}`);
    }
}

await test(async (browser) => {
    for (const colorScheme of ['light', 'dark']) {
        await visit(browser, address, { colorScheme }, async (page) => {
            bothRead(await page.screenshot({ fullPage: true }), `screenshot of the ${colorScheme} page`);
        });
    }

    for (const image of ['svg', 'png']) {
        await visit(browser, `${desk}/c/${code.valid}.${image}`, {}, async (page) => {
            is(page.answer.status(), 200, `${image}: served`);
        });
        // a page of the desk, so that its policy lets the image in
        await visit(browser, `${desk}/c/`, { viewport: { width: 480, height: 480 } }, async (page) => {
            for (const [size, blur] of [[360, 0], [120, 0.7]]) {
                await page.evaluate(async ([src, width, radius]) => {
                    const picture = new Image(width, width);
                    picture.src = src;
                    await picture.decode();
                    picture.style.filter = `blur(${radius}px)`;
                    document.body.replaceChildren(picture);
                }, [`${address}.${image}`, size, blur]);
                bothRead(await page.screenshot(), `${image}, ${size} px, blurred by ${blur} px`);
            }
        });
    }
});
