// Measures the UI in a real browser on this machine, with an empty cache each time, prints a table, and fails when a
// figure exceeds its limit. It needs a release build with the UI inside; `make bench` makes one.
import { enter, launch, open, settled } from './browser.mjs';
import { Server } from './server.mjs';

const ROUNDS = 5;
const EVENTS = 10_000;
const server = new Server();

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** When things appeared, seen from within the page. */
function watch() {
  window.seen = {};
  const look = () => {
    for (const [name, selector] of [['palette', 'dialog[open] [role=combobox]'], ['data', '[data-testid=data-version]'], ['Runs', 'tr[data-run-id]'], ['Companies', 'tr[data-company-id]'], ['Movies', 'tr[data-movie-id]']]) {
      if (!(name in window.seen) && document.querySelector(selector)) window.seen[name] = performance.now();
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['open'] });
}

/** Presses Ctrl-K from the beginning on, until the UI answers with its palette. */
async function untilInteractive(page) {
  for (const end = Date.now() + 30_000; !await page.evaluate(() => 'palette' in window.seen);) {
    if (Date.now() > end) throw new Error('the UI does not answer a key');
    await page.keyboard.press('Control+k');
    await page.waitForTimeout(10);
  }
}

/** The first view of somebody who is signed in, with nothing in the cache. */
async function firstView(browser, cookies) {
  const page = await open(browser, server);
  await page.context().addCookies(cookies);
  await page.addInitScript(watch);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  const answers = new Set();
  session.on('Network.requestWillBeSent', ({ requestId, request }) => { if (request.url.endsWith('/graphql')) answers.add(requestId); });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => { if (!answers.has(requestId)) bytes += encodedDataLength; });
  await page.goto(server.url, { waitUntil: 'commit' });
  await untilInteractive(page);
  await page.getByTestId('data-version').waitFor();
  await settled(page);
  const [content, seen] = await page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, window.seen]);
  await page.context().close();
  return { bytes, content, interactive: seen.palette, data: seen.data };
}

/** From the arrival of a page's data to its rows, once the part it needs is there. */
async function pageChange(page, name) {
  const link = page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name, exact: true });
  const rows = page.locator({ Runs: 'tr[data-run-id]', Companies: 'tr[data-company-id]', Movies: 'tr[data-movie-id]' }[name]).first();
  await link.click();
  await rows.waitFor();
  await page.goBack();
  await settled(page);
  await page.evaluate((name) => {
    delete window.seen[name];
    performance.clearResourceTimings();
  }, name);
  await link.click();
  await rows.waitFor();
  return page.evaluate((name) => {
    const answers = performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('/graphql'));
    const before = answers.map(({ responseEnd }) => responseEnd).filter((end) => end <= window.seen[name]);
    return window.seen[name] - Math.max(...before);
  }, name);
}

/** How long the page of a run was frozen at most while ten thousand lines of its log came. */
async function manyEvents(page) {
  let say;
  await page.routeWebSocket(/\/graphql\/ws/, (ws) => {
    const up = ws.connectToServer();
    up.onMessage((message) => ws.send(message));
    ws.onMessage((message) => {
      const { id, type, payload } = JSON.parse(message);
      if (type === 'subscribe' && payload.query.includes('runEvents')) {
        say = (nth) => ws.send(JSON.stringify({
          id, type: 'next', payload: { data: { runEvents: { id: String(1_000_000 + nth), at: new Date().toISOString(), level: 'INFO', message: `event ${nth}` } } },
        }));
      } else {
        up.send(message);
      }
    });
  });
  // The log is followed as long as the run goes on, so the page is told that it does.
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const text = (await response.text()).replaceAll('"SUCCEEDED"', '"READING"');
    await route.fulfill({ response, body: text });
  });
  await page.goto(`${server.url}/runs/1?tab=events`);
  for (let tries = 0; !say && tries < 200; tries++) await page.waitForTimeout(50);
  if (!say) throw new Error('the page does not follow its log');
  await page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    const tick = (now) => {
      window.longest = Math.max(window.longest, now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const begun = Date.now();
  for (let nth = 1; nth <= EVENTS; nth++) say(nth);
  await page.getByText(`event ${EVENTS}`, { exact: true }).waitFor({ timeout: 60_000 });
  return {
    took: Date.now() - begun,
    frozen: await page.evaluate(() => window.longest),
    rows: await page.locator('main tr').count(),
  };
}

try {
  server.command(['sample', '--rows', '45000', '--seed', '1', '--out', 'movies_metadata.csv']);
  server.command(['ingest', 'movies_metadata.csv']);
  await server.start();
  const browser = await launch();
  const page = await open(browser, server);
  await page.addInitScript(watch);
  await page.goto(server.url);
  await enter(page);
  const cookies = await page.context().cookies();

  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await firstView(browser, cookies));
  const of = (name) => median(rounds.map((round) => round[name]));
  const changes = {};
  for (const name of ['Runs', 'Companies', 'Movies']) {
    const times = [];
    for (let round = 0; round < ROUNDS; round++) times.push(await pageChange(page, name));
    changes[name] = median(times);
  }
  const events = await manyEvents(page);
  await browser.close();

  const lines = [
    ['first view: transfer', of('bytes') / 1000, 'kB', 350],
    ['first view: first content', of('content'), 'ms', 1000],
    ['first view: answers a key', of('interactive'), 'ms', 1500],
    ['first view: figures are there', of('data'), 'ms'],
    ...Object.entries(changes).map(([name, time]) => [`${name}: from data to rows`, time, 'ms', 100]),
    [`${EVENTS} events: until the last is shown`, events.took, 'ms'],
    [`${EVENTS} events: longest pause of the page`, events.frozen, 'ms'],
    [`${EVENTS} events: rows in the page`, events.rows, ''],
  ];
  console.log(`\n${'the UI'.padEnd(44)}${'measured'.padStart(10)}${'at most'.padStart(10)}`);
  for (const [what, measured, unit, most] of lines) {
    const exceeded = most !== undefined && !(measured <= most);
    const limit = most === undefined ? '' : `${most} ${unit}`;
    console.log(what.padEnd(44) + `${measured.toFixed(0)} ${unit}`.trim().padStart(10) + limit.padStart(10) + (exceeded ? '  EXCEEDED' : ''));
    if (exceeded) process.exitCode = 1;
  }
} finally {
  await server.close();
}
