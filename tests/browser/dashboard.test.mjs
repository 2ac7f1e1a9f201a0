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
  const columns = 'adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,popularity,poster_path,'
    + 'production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,video,vote_average,vote_count';
  const line = (id) => `False,,0,[],,${id},tt0000001,en,A,,1.0,,[],[],1995-01-01,0,90.0,[],Released,,A,False,5.0,1`;
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
  const reasons = await page.locator('[data-reason]').evaluateAll((all) => all.map((one) => ({ code: one.dataset.reason, count: Number(one.dataset.value) })));
  assert.deepEqual(reasons, held.rejectReasons);
  await look(page, 'dashboard');
  await page.locator('[data-reason] a').first().click();
  await page.waitForURL(`**/runs/${held.id}?tab=rejects&code=${held.rejectReasons[0].code}`);
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
  await day.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/runs?from=${date}&to=${date}`);
});

test('a viewer sees the state, and links to nothing that a viewer may not read', async () => {
  server.command(['user', 'add', 'vera', '--role', 'viewer'], 'a long password\n');
  const viewer = await open(browser, server);
  await viewer.goto(server.url);
  await signIn(viewer, 'vera', 'a long password');
  await settled(viewer);
  await viewer.getByTestId('verdict').waitFor();
  await viewer.locator('[data-reason]').first().waitFor();
  assert.equal(await viewer.locator('[data-reason] a').count(), 0);
  assert.deepEqual(viewer.faults, []);
});
