// A person's first day with Marquee: signing in, dropping the data set, watching it load, reading its answers.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn, value } from './browser.mjs';
import { Server, realData, root } from './server.mjs';

const data = realData();
const reference = data && JSON.parse(readFileSync(join(data, 'movies-dataset/reference.45k.json')));
const server = new Server();
let browser, page;

before(async () => {
  await server.start();
  browser = await launch();
  page = await open(browser, server);
});

after(async () => {
  await browser?.close();
  await server.close();
});

const status = () => page.getByTestId('run-status');
/** Waits until the page is that run's: the one before may have the status that is waited for as well. */
const shown = (id) => page.getByRole('heading', { name: `Run ${id} ` }).waitFor();
/** The figures of a year's row in the table of years. */
const figures = (row) => row.locator('[data-field]').evaluateAll((cells) =>
  Object.fromEntries(cells.map((cell) => [cell.dataset.field, cell.dataset.value ?? null])));
const number = (text) => (text === null || text === '' ? null : Number(text));

test('a stranger is sent to the sign-in and brought back', async () => {
  await page.goto(`${server.url}/runs?status=failed`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await look(page, 'login');
  await signIn(page, 'admin', 'not the password');
  await page.getByTestId('login-error').getByText('wrong name or password').waitFor();
  await signIn(page);
  await page.waitForURL('**/runs?status=failed');
  await settled(page);
  assert.deepEqual(page.faults, []);
});

test('an empty mart says what to do', async () => {
  await page.to('/');
  await page.getByText('Nothing has been loaded yet.').waitFor();
  for (const [path, words] of [['/runs', 'No runs yet'], ['/files', 'No files yet'], ['/companies', 'No companies'], ['/movies', 'No movies'], ['/genres', 'No genres']]) {
    await page.to(path);
    await page.getByText(words).first().waitFor();
  }
  assert.deepEqual(page.faults, []);
});

test('a dropped file is watched until it has succeeded', async () => {
  await page.to('/runs');
  const part = join(server.inbox, 'movies_metadata.csv.part');
  if (data) copyFileSync(join(data, 'movies-dataset/movies_metadata.45k.csv'), part);
  else server.command(['sample', '--rows', '45000', '--out', part]);
  renameSync(part, join(server.inbox, 'movies_metadata.csv'));
  // The list shows it without being reloaded.
  await page.locator('[data-run-id="1"] a').click();
  await status().getByText('succeeded').waitFor({ timeout: 120_000 });
  const counts = {};
  for (const name of ['read', 'inserted', 'updated', 'unchanged', 'superseded', 'rejected']) counts[name] = Number(await value(page, `count-${name}`));
  assert.equal(counts.read, counts.inserted + counts.updated + counts.unchanged + counts.superseded + counts.rejected);
  if (reference) assert.equal(counts.inserted, reference.stats.movies);
  await settled(page);
  await look(page, 'run');
  assert.deepEqual(page.faults, []);
});

test('rejects, issues and events are read where they happened', async () => {
  await page.to('/runs/1?tab=rejects');
  await page.locator('[data-reject]').first().waitFor();
  await look(page, 'run-rejects');
  for (const tab of ['Issues', 'Events']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.waitForURL(`**tab=${tab.toLowerCase()}`);
    await page.locator('section[aria-label="Details"] tbody tr:not(.space)').first().waitFor();
    await look(page, `run-${tab.toLowerCase()}`);
  }
  assert.deepEqual(page.faults, []);
});

test('the dashboard has the whole mart', async () => {
  await page.to('/');
  await page.locator('svg').first().waitFor();
  assert.equal(await value(page, 'data-version'), '1');
  if (reference) {
    assert.equal(await value(page, 'total-movies'), String(reference.stats.movies));
    assert.equal(await value(page, 'total-genres'), String(reference.stats.distinct_genres));
  }
  await look(page, 'dashboard');
});

test('a company has the figures of the reference', async (t) => {
  await page.to('/companies');
  await look(page, 'companies');
  if (!reference) return t.skip('the reference is absent');
  const { name, years } = reference.companies['3'];
  await page.getByRole('searchbox').fill('pixar animation');
  await page.getByRole('link', { name, exact: true }).click();
  await page.waitForURL('**/companies/3');
  await settled(page);
  await look(page, 'company');
  const rows = page.locator('tr[data-year]');
  await rows.first().waitFor({ state: 'attached' });
  assert.equal(await rows.count(), Object.keys(years).length);
  for (const row of await rows.all()) {
    const year = await row.getAttribute('data-year');
    const shown = await figures(row);
    const known = years[year];
    assert.equal(number(shown.movieCount), known.releases, year);
    assert.equal(number(shown.budget), known.budget_known ? known.budget : null, year);
    assert.equal(number(shown.revenue), known.revenue_known ? known.revenue : null, year);
    assert.equal(number(shown.profit), known.profit_known, year);
    assert.ok(Math.abs(number(shown.averagePopularity) - known.avg_popularity) < 1e-5, year);
  }
  assert.deepEqual(page.faults, []);
});

test('genres, movies and files lead back to the line', async (t) => {
  await page.to('/genres');
  await look(page, 'genres');
  await page.getByRole('link', { name: 'Drama' }).first().click();
  await page.waitForURL('**/genres/18');
  await settled(page);
  await look(page, 'genre');
  await page.to('/movies?q=toy');
  await look(page, 'movies');
  await page.to('/files');
  await look(page, 'files');
  await page.locator('tr[data-file] a').first().click();
  await settled(page);
  await look(page, 'file');
  if (!reference) return t.skip('the data set is absent');
  await page.to('/movies/862');
  const raw = await page.getByTestId('lineage-raw').textContent();
  const line = Number(await value(page, 'lineage-line'));
  const lines = readFileSync(join(data, 'movies-dataset/movies_metadata.45k.csv'), 'utf8').split('\n');
  assert.equal(raw, lines[line - 1]);
  await look(page, 'movie');
  assert.deepEqual(page.faults, []);
});

test('a failed run tells why and can be tried again', async () => {
  writeFileSync(join(server.inbox, 'unknown.csv'), 'a,b\n1,2\n');
  await page.to('/runs/2');
  await status().getByText('failed').waitFor();
  await page.getByTestId('run-error').getByText('unknown.csv').waitFor();
  await look(page, 'run-failed');
  await page.getByTestId('retry-run').click();
  await page.waitForURL('**/runs/3');
  await shown(3);
  await status().getByText('failed').waitFor();
  copyFileSync(join(server.inbox, 'movies_metadata.csv'), join(server.inbox, 'again.csv'));
  await page.to('/runs');
  await page.locator('[data-run-id="4"]').getByText('duplicate').waitFor();
  await look(page, 'runs');
  assert.deepEqual(page.faults, []);
});

test('a held run is approved, and undone', async (t) => {
  if (!data) return t.skip('the data set is absent');
  const source = readFileSync(join(data, 'movies-dataset/movies_metadata.first3k.csv'), 'utf8').split('\n');
  writeFileSync(join(server.folder, 'held.csv'), [source[0], source[1].replace(/5415$/, '5416'), ''].join('\n'));
  server.command(['ingest', '--hold', 'held.csv']);
  await page.to('/runs/5');
  await page.getByTestId('held-because').waitFor();
  assert.equal(await value(page, 'count-updated'), '1');
  await page.getByRole('link', { name: 'See what it would change' }).click();
  await page.locator('tr[data-movie="862"]').getByText('5416').waitFor();
  await look(page, 'run-held');
  await page.getByTestId('approve-run').click();
  await status().getByText('succeeded').waitFor();
  await page.getByTestId('undo-run').click();
  await page.getByTestId('undo-yes').click();
  await page.waitForURL('**/runs/6');
  await shown(6);
  await status().getByText('succeeded').waitFor();
  await page.getByText('Takes back what').waitFor();
  await look(page, 'run-undo');
  assert.deepEqual(page.faults, []);
});

test('a long run shows how far it is, and can be cancelled', async () => {
  const name = 'large.csv';
  server.command(['sample', '--rows', '250000', '--seed', '9', '--out', join(server.inbox, `${name}.part`)]);
  await page.to('/runs');
  renameSync(join(server.inbox, `${name}.part`), join(server.inbox, name));
  await page.locator('[data-run-id]', { hasText: name }).getByRole('link').click();
  const progress = page.getByTestId('run-progress');
  await progress.waitFor();
  await page.getByText('Not compared yet').waitFor();
  const share = async () => Number(await progress.getAttribute('aria-valuenow'));
  const first = await share();
  assert.ok(first >= 0 && first <= 100, `${first}`);
  await page.waitForFunction((first) => Number(
    document.querySelector('[data-testid="run-progress"]')?.getAttribute('aria-valuenow')) > first, first);
  // Not `look`, which takes its time: the run must still be reading when it is cancelled.
  await page.screenshot({ path: join(root, 'target/screenshots/run-progress.png') });
  await page.getByTestId('cancel-run').click();
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  await status().getByText('cancelled').waitFor();
  await page.to('/');
  if (reference) assert.equal(await value(page, 'total-movies'), String(reference.stats.movies));
  assert.deepEqual(page.faults, []);
});

test('a lost connection is told and recovered from', async () => {
  await page.to('/runs');
  await server.stop();
  const lost = page.getByText('The connection to the server is lost');
  await lost.waitFor({ timeout: 30_000 });
  await look(page, 'lost');
  await server.start();
  await lost.waitFor({ state: 'hidden', timeout: 30_000 });
  await page.locator('[data-run-id="4"]').waitFor();
  // The browser itself reports what it could not fetch.
  page.faults.length = 0;
});

test('by keyboard alone one gets to the content and signs out', async () => {
  await page.to('/companies');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.getByRole('button', { name: 'Sign out' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(page.faults, []);
});

test('a viewer is offered only what a viewer may do', async () => {
  server.command(['user', 'add', 'vera', '--role', 'viewer'], 'a long password\n');
  const viewer = await open(browser, server);
  await viewer.goto(server.url);
  await signIn(viewer, 'vera', 'a long password');
  await viewer.getByTestId('viewer').getByText('vera').waitFor();
  assert.equal(await viewer.getByRole('link', { name: 'Files' }).count(), 0);
  await viewer.to('/runs/2');
  await viewer.getByTestId('run-error').waitFor();
  assert.equal(await viewer.getByTestId('retry-run').count(), 0);
  assert.equal(await viewer.getByRole('tab', { name: 'Rejects' }).count(), 0);
  await viewer.to('/files');
  await viewer.getByText('file.read').waitFor();
  assert.deepEqual(viewer.faults, []);
});
