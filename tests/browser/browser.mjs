// A headless Chromium with an empty profile, the desk it looks at, and TAP for what it sees.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../npm/', import.meta.url));
const { chromium } = require('playwright-core');
const jsqr = require('jsqr');
const { PNG } = require('pngjs');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// set by browser.t: address of the desk, and the code of a certificate for every verdict
export const desk = process.env.DESK;
export const code = JSON.parse(process.env.CODES ?? '{}');
export const canonical = (name) => `${desk}/c/${code[name]}`;

let count = 0;

export function ok(good, name, ...why) {
    console.log(`${good ? 'ok' : 'not ok'} ${++count} - ${name}`);
    if (!good) {
        why.forEach((line) => console.log(`# ${line}`.replaceAll('\n', '\n# ')));
    }
}

export function is(got, expected, name) {
    ok(Object.is(got, expected), name, `got:      ${got}`, `expected: ${expected}`);
}

export function launch() {
    return chromium.launch({
        executablePath: '/usr/bin/chromium-headless-shell',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
}

// Runs the test with a browser, then plans as many tests as there were.
export async function test(body) {
    const browser = await launch();
    try {
        await body(browser);
    } finally {
        await browser.close();
    }
    console.log(`1..${count}`);
}

// Opens a page, runs the body, closes it; options as of browser.newContext().
export async function visit(browser, url, options, body) {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 }, ...options });
    try {
        const page = await context.newPage();
        page.messages = [];
        page.addresses = [];
        page.on('console', (message) => page.messages.push(message.text()));
        page.on('pageerror', (error) => page.messages.push(error.message));
        page.on('request', (request) => page.addresses.push(request.url()));
        page.answer = await page.goto(url);
        await body(page);
    } finally {
        await context.close();
    }
}

// What axe-core objects to, one line for each rule.
export async function objections(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate("axe.run({ rules: { 'target-size': { enabled: true } } })");
    return violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(' ')}`);
}

// What two unrelated decoders read from a PNG.
export function decode(png) {
    const { data, width, height } = PNG.sync.read(png);
    const zbar = spawnSync('zbarimg', ['--quiet', '--raw', '--nodbus', 'png:-'], { input: png, encoding: 'utf8' });
    return {
        jsqr: jsqr(new Uint8ClampedArray(data), width, height)?.data,
        zbarimg: zbar.stdout.trim(),
    };
}
