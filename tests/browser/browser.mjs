// A real browser, and what every page must be like.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { password, root } from './server.mjs';

const screenshots = join(root, 'target/screenshots');

/** The most that a page may shift while it is looked at: what web vitals call good. */
const MOST_SHIFT = 0.1;

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A page of its own that remembers what went wrong in it. */
export async function open(browser, server, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  await page.addInitScript(watchShifts);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') page.faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) page.faults.push(`asked ${request.url()}`);
  });
  page.to = async (path) => {
    await page.goto(server.url + path);
    await settled(page);
    page.shift = await layoutShift(page);
  };
  page.shift = { value: 0, moved: [] };
  return page;
}

/** Within the page: keeps what moved without having been asked to, when, and what it was. */
function watchShifts() {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, startTime, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => (node?.cloneNode(false).outerHTML ?? node?.textContent)?.slice(0, 80));
      if (!hadRecentInput) window.shifts.push({ value, startTime, moved });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** The cumulative layout shift since the page was loaded, until its data have come, which is its worst burst: shifts
 *  less than a second apart, within five seconds. */
async function layoutShift(page) {
  const shifts = await page.evaluate(() => window.shifts.splice(0));
  const bursts = [];
  for (const shift of shifts) {
    const burst = bursts.at(-1);
    if (burst && shift.startTime - burst.at(-1).startTime < 1000 && shift.startTime - burst[0].startTime < 5000) burst.push(shift);
    else bursts.push([shift]);
  }
  const sums = bursts.map((burst) => ({ value: burst.reduce((sum, { value }) => sum + value, 0), moved: burst.flatMap(({ moved }) => moved) }));
  return sums.reduce((worst, sum) => (sum.value > worst.value ? sum : worst), { value: 0, moved: [] });
}

/** Waits until no skeleton is left. */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
}

export async function signIn(page, name = 'admin', secret = password) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in and waits until the page that was wanted is there. */
export async function enter(page, name, secret) {
  await signIn(page, name, secret);
  await page.getByTestId('viewer').waitFor();
  await settled(page);
}

/** The exact value behind what is shown. */
export function value(page, id) {
  return page.getByTestId(id).getAttribute('data-value');
}

/** What axe-core calls serious or critical on the page as it is, without the parts that some selectors name. */
export async function faultsOfAxe(page, without = []) {
  const { violations } = await without.reduce((axe, part) => axe.exclude(part), new AxeBuilder({ page })).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(' ')}`);
}

/** Looks at the page at both widths in both themes: a picture each, no sideways scrolling, no fault that
 *  axe-core calls serious; and it did not move under the reader as it was loaded. */
export async function look(page, name, without = []) {
  mkdirSync(screenshots, { recursive: true });
  const { shift } = page;
  assert.ok(shift.value < MOST_SHIFT, `${name}: a layout shift of ${shift.value.toFixed(3)} by ${shift.moved.join(' ')}`);
  const before = page.viewportSize();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const place = `${name} at ${width} px, ${colorScheme}`;
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${place}: ${wide} px too wide`);
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      assert.deepEqual(await faultsOfAxe(page, without), [], place);
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
}
