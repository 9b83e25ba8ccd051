// Makes the pictures of the manual from a certificate of a running desk:
//
//   make demo && . .demo/demo.env && node tests/browser/screenshots.mjs "$CERTIFICATE_URL" docs/images

import { argv } from 'node:process';

import { launch, visit } from './browser.mjs';

const [url, directory] = argv.slice(2);
const locale = 'zh-CN';
const pictures = {
    'certificate-light': { viewport: { width: 960, height: 716 }, colorScheme: 'light' },
    'certificate-dark': { viewport: { width: 960, height: 716 }, colorScheme: 'dark' },
    'certificate-phone': { viewport: { width: 390, height: 844 }, colorScheme: 'light', isMobile: true },
};

const browser = await launch();
for (const [name, view] of Object.entries(pictures)) {
    await visit(browser, url, { locale, ...view }, (page) => page.screenshot({ path: `${directory}/${name}.png` }));
}
await browser.close();
