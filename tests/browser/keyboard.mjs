// The form by keyboard alone, and without JavaScript.

import { canonical, code, desk, is, ok, test, visit } from './browser.mjs';

const locale = 'zh-CN';
const focused = (page) => page.evaluate(() => {
    const { localName } = document.activeElement;
    return `${localName} ${getComputedStyle(document.activeElement).outlineStyle}`;
});

await test(async (browser) => {
    await visit(browser, `${desk}/c/`, { locale, javaScriptEnabled: false }, async (page) => {
        await page.keyboard.press('Tab');
        is(await focused(page), 'input solid', 'Tab reaches the field, and one sees it');
        await page.keyboard.type(code.valid.toLowerCase().match(/.{1,5}/g).join(' '));
        await page.keyboard.press('Tab');
        is(await focused(page), 'button solid', 'Tab reaches the button');
        await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
        is(page.url(), canonical('valid'), 'lower case in groups leads to the canonical address');
        is(await page.textContent('h1'), '证明有效', 'and to the verdict');
    });

    await visit(browser, `${desk}/c/`, { locale, javaScriptEnabled: false }, async (page) => {
        await page.keyboard.press('Tab');
        await page.keyboard.type(`${code.valid.slice(0, -1)}*`);
        await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
        is(await page.textContent('h1'), '编号输入有误', 'a wrong character is said to be one');
        ok(await page.isVisible('input[name=code]'), 'with the form to try again');
        ok(await page.evaluate(() => document.querySelector('label[for=code]') !== null), 'whose field has a label');
    });

    await visit(browser, `${desk}/n/`, { locale, javaScriptEnabled: false }, async (page) => {
        await page.fill('input[name=number]', 'ZYZ-1999-00000001');
        await page.fill('input[name=name]', '某人');
        await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
        is(await page.textContent('h1'), '未能查到', 'a number that is not found is said to be so');
        ok(await page.isVisible('input[name=name]'), 'with the form to try again');
    });
});
