// The first page: whether everything is well, what waits, and how to begin; live, and as a viewer.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn, value } from './browser.mjs';
import { Server } from './server.mjs';

const server = new Server();
let browser, page;

before(async () => {
  await server.start();
  browser = await launch();
  page = await open(browser, server);
  await page.goto(server.url);
  await signIn(page);
  await settled(page);
});

after(async () => {
  await browser?.close();
  await server.close();
});

/** What the API says to the person at the page. */
const ask = (page, query) => page.evaluate(async (query) => {
  const headers = { 'content-type': 'application/json', 'x-marquee-csrf': '1' };
  const answer = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}, query);

/** A file of movies: its columns, and a line by the movie's id. */
const columns = 'adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,popularity,poster_path,'
  + 'production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,video,vote_average,vote_count';
const line = (id) => `False,,0,[],,${id},tt0000001,en,A,,1.0,,[],[],1995-01-01,0,90.0,[],Released,,A,False,5.0,1`;

const verdict = (tone) => page.locator(`[data-testid="verdict"][data-value="${tone}"]`).waitFor({ timeout: 60_000 });
const exact = async (id) => Number(await value(page, id));

test('an empty mart says how to begin', async () => {
  await verdict('still');
  await page.getByText('Nothing has been loaded yet.').waitFor();
  await page.getByText('marquee sample').waitFor();
  await page.getByRole('link', { name: 'Upload a file' }).waitFor();
  await look(page, 'dashboard-empty');
  assert.deepEqual(page.faults, []);
});

test('a load shows by itself, with what it brought', async () => {
  const part = join(server.inbox, 'movies_metadata.csv.part');
  server.command(['sample', '--rows', '3000', '--out', part]);
  renameSync(part, join(server.inbox, 'movies_metadata.csv'));
  await verdict('good');
  await settled(page);
  const { totals, dataVersion, runStats, movieStats } = await ask(page, `{
    totals { movies companies genres moviesWithYear } dataVersion { version }
    runStats { count days(days: 14) { date byStatus { count } } }
    movieStats(groupBy: [COMPANY], orderBy: [{ field: REVENUE, direction: DESC }], knownOnly: true, first: 8) {
      nodes { company { id } revenue { sum } } } }`);
  assert.equal(await exact('data-version'), dataVersion.version);
  for (const [id, expected] of [['movies', totals.movies], ['companies', totals.companies], ['genres', totals.genres], ['dated', totals.moviesWithYear]]) {
    assert.equal(await exact(`total-${id}`), expected, id);
    // There was nothing before.
    assert.equal(await exact(`total-${id}-change`), expected, id);
  }
  assert.equal(await exact('run-count'), runStats.count);
  const days = await page.locator('[data-day]').evaluateAll((all) => all.map((day) => [day.dataset.day, Number(day.dataset.value)]));
  assert.deepEqual(days, runStats.days.map((day) => [day.date, day.byStatus.reduce((sum, part) => sum + part.count, 0)]));
  const companies = await page.locator('tr[data-company]').evaluateAll((rows) => rows.map((row) => [
    row.dataset.company, Number(row.querySelector('[data-field="revenue"]').dataset.value)]));
  assert.deepEqual(companies, movieStats.nodes.map((row) => [row.company.id, row.revenue.sum]));
  await page.locator('.chart-plot svg').first().waitFor();
  assert.ok(await page.locator('.chart-plot svg').count() >= 2);
  await look(page, 'dashboard-good');
  assert.deepEqual(page.faults, []);
});

test('what is rejected, failed and held waits, and leads to where it is dealt with', async () => {
  writeFileSync(join(server.inbox, 'unknown.csv'), 'a,b\n1,2\n');
  await verdict('bad');
  await page.getByText('One file could not be loaded.').waitFor();
  writeFileSync(join(server.folder, 'held.csv'), [columns, line('90000001'), line('none'), ''].join('\n'));
  server.command(['ingest', '--hold', 'held.csv']);
  await page.getByText('One file could not be loaded and one run waits for approval.').waitFor();
  const { runs } = await ask(page, '{ runs(first: 10) { nodes { id status fileName rejectReasons { code count } } } }');
  const held = runs.nodes.find((run) => run.status === 'HELD');
  const failed = runs.nodes.find((run) => run.status === 'FAILED');
  const waiting = await page.locator('.waiting [data-run-id]').evaluateAll((all) => all.map((one) => one.dataset.runId));
  assert.deepEqual(waiting, [held.id, failed.id]);
  // All runs together, each reason with the newest run that gave it.
  const { rejectReasons } = await ask(page, '{ rejectReasons(first: 5) { code count } }');
  await page.waitForFunction((expected) => expected === JSON.stringify([...document.querySelectorAll('[data-reason]')].map(
    (one) => ({ code: one.dataset.reason, count: Number(one.dataset.value) }))), JSON.stringify(rejectReasons));
  await look(page, 'dashboard');
  for (const { code } of rejectReasons) {
    const newest = runs.nodes.find((run) => run.rejectReasons.some((reason) => reason.code === code));
    assert.equal(await page.locator(`[data-reason="${code}"] a`).getAttribute('href'), `/runs/${newest.id}?tab=rejects&code=${code}`);
  }
  const reason = page.locator('[data-reason] a').first();
  const [target, name] = [await reason.getAttribute('href'), await reason.textContent()];
  await reason.click();
  await page.waitForURL(`**${target}`);
  await page.locator('[data-reject]').first().getByText(name, { exact: true }).waitFor();
  await page.to('/');
  await page.locator(`.waiting [data-run-id="${held.id}"] a`).click();
  await page.waitForURL(`**/runs/${held.id}`);
  // Somebody deals with both elsewhere: the page knows without being asked.
  await page.to('/');
  await ask(page, `mutation { discardRun(id: "${held.id}") { id } }`);
  await page.getByText('One file could not be loaded.', { exact: true }).waitFor();
  assert.equal(await page.locator('.waiting [data-run-id]').count(), 1);
  assert.deepEqual(page.faults, []);
});

test('a failure is not forgotten over a hundred later runs of other files', async () => {
  const names = Array.from({ length: 105 }, (_, number) => `other-${number}.csv`);
  for (const name of names) writeFileSync(join(server.folder, name), [columns, line('90000002'), ''].join('\n'));
  // What comes of them, a load or a duplicate, is of no matter here.
  try { server.command(['ingest', ...names]); } catch { /* The runs are looked at. */ }
  const { runs } = await ask(page, '{ runs(first: 100) { nodes { fileName } } }');
  assert.ok(runs.nodes.every(({ fileName }) => fileName !== 'unknown.csv'));
  await page.to('/');
  await verdict('bad');
  await page.locator('.waiting [data-run-id]').getByText('unknown.csv', { exact: true }).waitFor();
  assert.deepEqual(page.faults, []);
});

test('a later load of the same name makes a failure good', async () => {
  await page.to('/');
  await verdict('bad');
  const part = join(server.folder, 'unknown.csv');
  server.command(['sample', '--rows', '50', '--seed', '4', '--out', part]);
  server.command(['ingest', part]);
  await verdict('good');
  assert.deepEqual(page.faults, []);
});

test('the days are read as a table and by keyboard', async () => {
  await page.getByText('The days as a table').click();
  const rows = page.getByRole('region', { name: 'Runs by day' }).locator('tbody tr');
  assert.equal(await rows.count(), 14);
  const day = page.locator('[data-day] a').last();
  const date = await page.locator('[data-day]:has(a)').last().getAttribute('data-day');
  assert.match(await page.locator(`[data-day="${date}"]`).getAttribute('title'), /\(UTC\): /);
  await day.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/runs?started=${date}`);
  await page.getByRole('link', { name: /^Started on .* \(UTC\)/ }).click();
  await page.waitForURL((url) => url.pathname === '/runs' && url.search === '');
});

test('a bar leads to exactly its runs, wherever the reader is', async () => {
  for (const timezoneId of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
    const far = await open(browser, server, { timezoneId });
    await far.goto(server.url);
    await signIn(far);
    await settled(far);
    const bar = far.locator('[data-day]:has(a)').last();
    const count = await bar.getAttribute('data-value');
    await bar.locator('a').click();
    await far.waitForURL('**/runs?started=*');
    await far.locator(`.run-times [data-testid="run-count"][data-value="${count}"]`).waitFor();
    assert.deepEqual(far.faults, []);
    await far.context().close();
  }
});

test('a viewer sees the state, and links to nothing that a viewer may not read', async () => {
  server.command(['user', 'add', 'vera', '--role', 'viewer'], 'a long password\n');
  const viewer = await open(browser, server);
  await viewer.goto(server.url);
  await signIn(viewer, 'vera', 'a long password');
  await settled(viewer);
  await viewer.getByTestId('verdict').waitFor();
  await viewer.getByTestId('run-count').waitFor();
  // What was rejected is read by those who may read files.
  assert.equal(await viewer.locator('[data-reason]').count(), 0);
  assert.deepEqual(viewer.faults, []);
});
