// The frame around every page: the keyboard, the palette, themes, a phone's bar, and what happens when the network
// goes and comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { enter, faultsOfAxe, launch, look, open, settled, signIn } from './browser.mjs';
import { Server } from './server.mjs';

const secret = 'a long password';
const server = new Server();
let browser, page;

before(async () => {
  server.command(['sample', '--rows', '2000', '--seed', '1', '--out', 'movies_metadata.csv']);
  server.command(['ingest', 'movies_metadata.csv']);
  await server.start();
  server.command(['user', 'add', 'vera', '--role', 'viewer'], `${secret}\n`);
  browser = await launch();
  page = await open(browser, server);
  await page.goto(server.url);
  await enter(page);
});

after(async () => {
  await browser?.close();
  await server.close();
});

const path = () => new URL(page.url()).pathname;
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
const palette = () => page.getByRole('combobox', { name: 'Find or do' });
const option = (name) => page.getByRole('option', { name });

/** The API's answer to the page's own session. */
async function ask(query, variables = {}) {
  const response = await page.request.post(`${server.url}/graphql`, { data: { query, variables } });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

test('the skip link leads past the navigation', async () => {
  await page.to('/runs');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  assert.equal(await skip.evaluate((link) => link === document.activeElement), true);
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'main');
});

test('the navigation has what the person may see, by purpose', async () => {
  const names = await page.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents();
  assert.deepEqual(names.map((name) => name.trim()), ['Dashboard', 'Runs', 'Files', 'Rules', 'Companies', 'Genres', 'Movies', 'Console', 'Audit', 'Users', 'Tokens', 'System']);
  const viewer = await open(browser, server);
  await viewer.goto(server.url);
  await enter(viewer, 'vera', secret);
  const offered = await viewer.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents();
  const { viewer: { permissions } } = await (await viewer.request.post(`${server.url}/graphql`, { data: { query: '{ viewer { permissions } }' } })).json().then(({ data }) => data);
  assert.equal(offered.some((name) => name.trim() === 'Users'), permissions.includes('user.manage'));
  assert.equal(offered.some((name) => name.trim() === 'Audit'), permissions.includes('audit.read'));
  assert.equal(offered.some((name) => name.trim() === 'Files'), permissions.includes('file.read'));
  await viewer.context().close();
});

test('keys go to pages, and ? lists them', async () => {
  await page.to('/');
  for (const [keys, expected] of [['gr', '/runs'], ['gc', '/companies'], ['gm', '/movies'], ['gd', '/']]) {
    for (const key of keys) await page.keyboard.press(key);
    await page.waitForURL(`${server.url}${expected}`);
    await settled(page);
  }
  await page.to('/movies');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
  // In a field the letters are letters.
  await page.keyboard.type('gr');
  assert.equal(path(), '/movies');
  await page.to('/');
  await page.keyboard.press('?');
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await list.getByText('Runs', { exact: true }).waitFor();
  assert.deepEqual(await faultsOfAxe(page), []);
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
});

test('the palette goes to pages and does things, by keyboard alone', async () => {
  await page.to('/runs');
  const find = page.getByRole('button', { name: /Find or do/ });
  await find.focus();
  await page.keyboard.press('Control+k');
  await palette().waitFor();
  assert.equal(await palette().evaluate((input) => input === document.activeElement), true);
  await look(page, 'palette');
  await page.keyboard.type('compan');
  await option('Page Companies').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/companies');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('theme');
  await option(/Theme: dark/).waitFor();
  await page.keyboard.press('ArrowDown');
  assert.equal(await palette().getAttribute('aria-activedescendant'), await option(/Theme: dark/).getAttribute('id'));
  await page.keyboard.press('Enter');
  await palette().waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  // Escape leaves everything as it was, the focus as well.
  await find.focus();
  await page.keyboard.press('Control+k');
  await palette().waitFor();
  await page.keyboard.press('Escape');
  await palette().waitFor({ state: 'hidden' });
  assert.equal(await find.evaluate((button) => button === document.activeElement), true);
});

test('the palette finds runs, files, companies, genres and movies', async () => {
  const { runs, files, movies, companies, genres } = await ask(`{ runs(first: 1) { nodes { id } } files(first: 1) { nodes { sha256 name } }
    movies(first: 100) { nodes { id name: title } } companies(first: 100) { nodes { id name } } genres { id name } }`);
  const [file] = files.nodes;
  const wanted = [
    [runs.nodes[0].id, `Run ${runs.nodes[0].id}`, `/runs/${runs.nodes[0].id}`],
    [file.sha256.slice(0, 12), file.name, `/files/${file.sha256}`],
  ];
  // One of each whose name nothing else has.
  for (const [folder, all] of [['movies', movies.nodes], ['companies', companies.nodes], ['genres', genres]]) {
    for (const { id, name } of all) {
      const { search } = await ask('query ($text: String!) { search(text: $text) { name } }', { text: name });
      if (search.filter((hit) => hit.name === name).length !== 1) continue;
      wanted.push([name, name, `/${folder}/${id}`]);
      break;
    }
  }
  assert.equal(wanted.length, 5);
  for (const [typed, name, expected] of wanted) {
    await page.to('/');
    await page.keyboard.press('Control+k');
    await page.keyboard.type(typed);
    await page.locator('[role=option]').filter({ has: page.getByText(name, { exact: true }) }).first().click();
    await page.waitForURL(`${server.url}${expected}`);
  }
});

test('every page can be copied as GraphQL', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const list = (name) => new RegExp(`query ${name}`, 'g');
  for (const [at, names] of [['/', ['Standing', 'TotalsQuery', 'YearsQuery']], ['/runs/1?tab=events', ['RunQuery']], ['/backfills', ['BackfillsQuery']], ['/movies', ['MoviesQuery', 'VersionsQuery']], ['/companies', ['CompaniesQuery']]]) {
    await page.to(at);
    await page.getByRole('button', { name: 'Copy this page as GraphQL' }).click();
    await page.getByText('Copied').first().waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    for (const name of names) assert.equal(text.match(list(name))?.length, 1, `${at}: ${text}`);
  }
});

test('a theme is kept', async () => {
  await page.to('/');
  const button = page.getByRole('button', { name: /^Theme/ });
  while (!(await button.textContent()).includes('Dark')) await button.click();
  await page.reload();
  await settled(page);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  while (!(await button.textContent()).includes('System')) await button.click();
});

test('a phone has a bar with the main pages, and the rest behind More', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.to('/');
  const bar = page.getByRole('navigation', { name: 'Sections' });
  assert.deepEqual((await bar.getByRole('link').allTextContents()).map((name) => name.trim()), ['Dashboard', 'Runs', 'Files', 'Movies']);
  const { y, height } = await bar.boundingBox();
  assert.equal(Math.round(y + height), 844);
  await bar.getByRole('button', { name: 'More' }).click();
  await bar.getByRole('link', { name: 'Audit' }).waitFor();
  assert.deepEqual(await faultsOfAxe(page), []);
  await bar.getByRole('link', { name: 'Companies' }).click();
  await page.waitForURL('**/companies');
  await bar.getByRole('link', { name: 'Audit' }).waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('the first view is small, whatever there is to show', async (t) => {
  // As the server sends it to a browser that has nothing yet.
  const fresh = await open(browser, server);
  const session = await fresh.context().newCDPSession(fresh);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  let bytes = 0;
  const answers = new Set();
  session.on('Network.requestWillBeSent', ({ requestId, request }) => { if (request.url.endsWith('/graphql')) answers.add(requestId); });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => { if (!answers.has(requestId)) bytes += encodedDataLength; });
  await fresh.goto(server.url);
  await enter(fresh);
  const script = await fresh.evaluate(() => document.querySelector('script[src]').src);
  await fresh.context().close();
  const { headers } = await fetch(script, { headers: { 'accept-encoding': 'br' } });
  if (!headers.get('content-encoding')) return t.skip('this build of the UI is not compressed');
  assert.ok(bytes <= 350_000, `${bytes} bytes`);
});

test('a page asks nothing twice at once, and once more when the server tells of changes', async () => {
  let asked = 0;
  const waiting = new Set();
  const twice = [];
  const body = (request) => request.postData() ?? '';
  const list = (request) => request.url().endsWith('/graphql') && body(request).includes('query RunsQuery');
  const begun = (request) => {
    if (!list(request)) return;
    if (waiting.has(body(request))) twice.push(body(request));
    waiting.add(body(request));
    asked += 1;
  };
  const answered = (response) => waiting.delete(body(response.request()));
  page.on('request', begun).on('response', answered);
  await page.to('/runs');
  await page.getByTestId('connection').getByText('Live').waitFor();
  while (asked < 2) await page.waitForRequest(list);
  page.off('request', begun).off('response', answered);
  assert.deepEqual(twice, []);
});

test('a lost connection is shown and recovers', async () => {
  await page.to('/runs');
  await page.getByTestId('connection').getByText('Live').waitFor();
  const faults = page.faults.length;
  await page.context().setOffline(true);
  await page.getByText('The connection to the server is lost').waitFor();
  await page.getByTestId('connection').getByText('Offline').waitFor();
  // What was there stays.
  await page.locator('[data-run-id="1"]').waitFor();
  server.command(['sample', '--rows', '100', '--seed', '2', '--out', 'more.csv']);
  server.command(['ingest', 'more.csv']);
  await page.context().setOffline(false);
  await page.getByText('The connection to the server is lost').waitFor({ state: 'hidden' });
  await page.getByTestId('connection').getByText('Live').waitFor();
  // What happened meanwhile is there without a reload.
  await page.locator('[data-run-id="2"]').waitFor();
  page.faults.length = faults;
});

test('a server that restarts is found again', async () => {
  await page.to('/');
  await page.getByTestId('connection').getByText('Live').waitFor();
  const faults = page.faults.length;
  await server.stop();
  await page.getByText('The connection to the server is lost').waitFor();
  await server.start();
  await page.getByText('The connection to the server is lost').waitFor({ state: 'hidden', timeout: 30_000 });
  await page.getByTestId('connection').getByText('Live').waitFor({ timeout: 30_000 });
  // The browser itself logs every request that failed.
  page.faults.length = faults;
});

test('signing out leads to the sign-in, and the socket closes', async () => {
  await page.to('/runs');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(path(), '/login');
  await signIn(page);
  await page.waitForURL('**/runs');
  await page.getByTestId('connection').getByText('Live').waitFor();
  assert.deepEqual(page.faults, []);
});
