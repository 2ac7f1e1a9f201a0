// Runs and backfills: finding them, reading what they did, and acting on them, as each role may.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn, value } from './browser.mjs';
import { Server, password } from './server.mjs';

const server = new Server();
let browser, page;

/** A file of movies: the sample's header, and lines of it that a function may change. */
let sample;
const file = (name, lines) => {
  const path = join(server.folder, name);
  writeFileSync(path, [sample[0], ...lines, ''].join('\n'));
  return path;
};
/** A line of the sample with another value in a column that holds no commas. */
const column = (name) => sample[0].split(',').indexOf(name);
const movie = (id, title, budget) => {
  const cells = sample[0].split(',').map(() => '');
  cells[column('id')] = id;
  cells[column('title')] = title;
  cells[column('budget')] = budget;
  cells[column('release_date')] = '1999-05-05';
  cells[column('adult')] = 'False';
  return cells.join(',');
};

before(async () => {
  await server.start();
  const path = join(server.folder, 'sample.csv');
  server.command(['sample', '--rows', '400', '--seed', '3', '--out', path]);
  sample = readFileSync(path, 'utf8').split('\n');
  const ingest = (...args) => {
    // A run that fails makes the command fail as well.
    try { server.command(['ingest', ...args]); } catch { /* The tests look at the runs. */ }
  };
  ingest(path); // 1
  ingest(file('broken.csv', [movie('900001', 'A New Title', '10000000'), movie('900002', '', '20000000'), movie('1997-08-20', 'No Number', '30000000')])); // 2
  writeFileSync(join(server.folder, 'unknown.csv'), 'a,b\n1,2\n');
  ingest(join(server.folder, 'unknown.csv')); // 3
  ingest(file('second.csv', [movie('900001', 'A New Title', '11000000'), movie('900003', 'Another', '40000000')])); // 4
  ingest('--hold', file('held.csv', [movie('900003', 'Another', '41000000'), movie('900004', 'Held Back', '50000000')])); // 5
  server.command(['user', 'add', 'vera', '--role', 'viewer'], `${password}\n`);
  server.command(['user', 'add', 'olga', '--role', 'operator'], `${password}\n`);
  browser = await launch();
  page = await open(browser, server);
  await page.goto(server.url);
  await signIn(page);
  await page.getByTestId('viewer').getByText('admin').waitFor();
});

after(async () => {
  await browser?.close();
  await server.close();
});

/** What the API says. */
const ask = (query, on = page) => on.evaluate(async (query) => {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-marquee-csrf': '1' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}, query);
const ids = (on = page) => on.locator('tr[data-run-id]').evaluateAll((rows) => rows.map((row) => row.dataset.runId));
/** Waits until the list has exactly these runs. */
const listed = async (wanted) => {
  await page.waitForFunction((wanted) => JSON.stringify([...document.querySelectorAll('tr[data-run-id]')].map((row) => row.dataset.runId)) === wanted, JSON.stringify(wanted));
};
const status = (on = page) => on.getByTestId('run-status');
const newest = async () => (await ask('{runs(first:1){nodes{id}}}')).runs.nodes[0].id;
const quiet = () => assert.deepEqual(page.faults, []);

test('the list has what the API has, with its figures', async () => {
  await page.to('/runs');
  await listed(['5', '4', '3', '2', '1']);
  const { runs, runStats } = await ask(`{runs{nodes{id status ruleVersion counts{read inserted updated rejected}}}
    runStats{count medianSeconds p95Seconds byStatus{status count}}}`);
  for (const run of runs.nodes) {
    const row = page.locator(`tr[data-run-id="${run.id}"]`);
    const shown = (field) => row.locator(`[data-field="${field}"]`).getAttribute('data-value');
    assert.equal(await shown('status'), run.status.toLowerCase());
    assert.equal(await shown('ruleVersion'), String(run.ruleVersion));
    for (const [field, count] of Object.entries(run.counts)) assert.equal(await shown(field), String(count), `${run.id} ${field}`);
  }
  await page.getByTestId('run-median').waitFor();
  assert.equal(Number(await value(page, 'run-count')), runStats.count);
  // Readers of JSON may differ in the last bit.
  const near = async (id, seconds) => assert.ok(Math.abs(Number(await value(page, id)) - seconds) < 1e-9, id);
  await near('run-median', runStats.medianSeconds);
  await near('run-p95', runStats.p95Seconds);
  for (const { status, count } of runStats.byStatus) {
    const view = page.locator(`[data-view="${status.toLowerCase()}"]`);
    assert.equal(await view.locator('.tab-count').textContent(), String(count));
  }
  await look(page, 'runs-list');
  quiet();
});

test('runs are searched, filtered and sorted, and the URL says how', async () => {
  await page.to('/runs');
  const search = page.getByRole('searchbox', { name: 'Number, name or hash' });
  const { run } = await ask('{run(id:"2"){file{sha256}}}');
  for (const [text, found] of [['2', ['2']], ['held', ['5']], [run.file.sha256.slice(0, 12), ['2']]]) {
    await search.fill(text);
    await page.waitForURL(`**q=${text}*`);
    await listed(found);
  }
  await search.fill('');
  await page.locator('[data-view="failed"]').click();
  await page.waitForURL('**status=failed*');
  await listed(['3']);
  await page.to('/runs?trigger=inbox');
  await page.getByText('No runs of this kind').waitFor();
  await page.getByLabel('Trigger').selectOption('command');
  await page.waitForURL('**trigger=command*');
  await listed(['5', '4', '3', '2', '1']);
  await page.getByLabel('Kind').selectOption('undo');
  await page.getByText('No runs of this kind').waitFor();
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await listed(['5', '4', '3', '2', '1']);
  await page.getByRole('columnheader', { name: 'Read' }).getByRole('link').click();
  await page.waitForURL('**sort=read*');
  const { runs } = await ask('{runs(orderBy:[{field:ROWS_READ,direction:DESC}]){nodes{id}}}');
  await listed(runs.nodes.map(({ id }) => id));
  await page.to('/runs?since=1h&file=second&rules=1');
  await listed(['4']);
  const today = new Date();
  const day = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
  await page.to(`/runs?from=${day(new Date(today - 864e5))}&to=${day(new Date(today - 864e5))}`);
  await page.getByText('No runs of this kind').waitFor();
  await page.to(`/runs?from=${day(today)}&to=${day(today)}`);
  assert.equal((await ids()).length, 5);
  quiet();
});

test('a run has its counts, phases and tabs', async () => {
  await page.to('/runs/2');
  const { run } = await ask('{run(id:"2"){counts{read inserted updated unchanged superseded rejected} phases{name}}}');
  for (const [name, count] of Object.entries(run.counts)) assert.equal(await value(page, `count-${name}`), String(count), name);
  assert.deepEqual(await page.locator('[data-phase]').evaluateAll((rows) => rows.map((row) => row.dataset.phase)), run.phases.map(({ name }) => name));
  assert.equal(await page.getByRole('tab', { name: 'Rejects' }).locator('.tab-count').textContent(), '2');
  await look(page, 'run-page');
  await page.to('/runs/999');
  await page.getByText(/no such run|There is no/i).first().waitFor();
  quiet();
});

test('changes are shown field by field, and narrowed by kind and field', async () => {
  await page.to('/runs/4?tab=changes');
  const row = page.locator('tr[data-movie="900001"]');
  await row.locator('del').getByText('$10,000,000').waitFor();
  await row.locator('ins').getByText('$11,000,000').waitFor();
  await look(page, 'run-changes');
  await page.getByRole('navigation', { name: 'Kind of change' }).getByRole('link', { name: 'new' }).click();
  await page.waitForURL('**kind=inserted*');
  await page.locator('tr[data-movie="900003"]').waitFor();
  await row.waitFor({ state: 'detached' });
  await page.to('/runs/4?tab=changes');
  await page.getByLabel('Field').selectOption('budget');
  await page.waitForURL('**field=budget*');
  // The field that is looked for comes first, also of a movie that is new.
  for (const id of ['900001', '900003']) await page.locator(`tr[data-movie="${id}"] dt`).first().getByText('budget', { exact: true }).waitFor();
  const { found } = await ask('{found:run(id:"4"){changes(filter:{fields:{some:{field:{eq:"title"}}}}){nodes{movieId}}}}');
  assert.deepEqual(found.changes.nodes.map(({ movieId }) => movieId), ['900003']);
  await page.getByLabel('Field').selectOption('title');
  await row.waitFor({ state: 'detached' });
  await page.locator('tr[data-movie="900003"] dt').first().getByText('title', { exact: true }).waitFor();
  await page.getByLabel('Field').selectOption('tagline');
  await page.getByText('No such changes').waitFor();
  await page.to('/runs/3?tab=changes');
  await page.getByText('This run merged nothing').waitFor();
  await page.to('/runs/1?tab=changes&of_what=movers&of=genres&measure=movies');
  const { run } = await ask('{run(id:"1"){movers(of:GENRE,measure:MOVIE_COUNT,first:20){name change}}}');
  const shown = await page.locator('td[data-field="change"]').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
  assert.deepEqual(shown, run.movers.map(({ change }) => change));
  await look(page, 'run-movers');
  quiet();
});

test('a reject shows its fault and is sent again corrected', async () => {
  await page.to('/runs/2?tab=rejects');
  const { run } = await ask('{run(id:"2"){rejects{nodes{id code line}}}}');
  const missing = run.rejects.nodes.find(({ code }) => code === 'missing_title');
  const card = page.locator(`[data-reject="${missing.id}"]`);
  await card.locator('mark').getByText('empty').waitFor();
  await page.locator('mark').getByText('1997-08-20').waitFor();
  await look(page, 'run-rejects-marked');
  await page.getByRole('navigation', { name: 'Reason' }).getByRole('link', { name: 'missing_title' }).click();
  await page.waitForURL('**code=missing_title*');
  await page.waitForFunction(() => document.querySelectorAll('[data-reject]').length === 1);
  await card.getByTestId('correct-reject').click();
  const dialog = page.getByRole('dialog', { name: 'Correct a rejected record' });
  const send = dialog.getByRole('button', { name: 'Send again' });
  assert.ok(await send.isDisabled());
  const field = dialog.getByRole('textbox', { name: 'title', exact: true });
  assert.equal(await field.evaluate((field) => field === document.activeElement), true);
  await look(page, 'run-correct');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await card.getByTestId('correct-reject').click();
  await field.fill('Found Again');
  // A slip does not lose what was entered.
  await page.keyboard.press('Escape');
  const discard = page.getByRole('alertdialog', { name: 'Discard what you have entered?' });
  await look(page, 'run-correct-discard');
  await discard.getByRole('button', { name: 'Keep editing' }).click();
  await discard.waitFor({ state: 'hidden' });
  assert.equal(await field.inputValue(), 'Found Again');
  await send.click();
  await page.waitForURL(/\/runs\/6$/);
  await status().getByText('succeeded').waitFor();
  assert.equal((await ask('{movie(id:"900002"){title}}')).movie.title, 'Found Again');
  quiet();
});

test('a log of ten thousand lines stays quick, and has levels', async () => {
  execFileSync('sqlite3', [join(server.folder, 'marquee.db')], { input: `PRAGMA busy_timeout = 10000;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    INSERT INTO run_event (run_id, at, level, message)
    SELECT 1, (SELECT max(at) FROM run_event WHERE run_id = 1), CASE WHEN i % 100 = 0 THEN 'warn' ELSE 'info' END, 'line ' || i FROM n;` });
  const { run } = await ask('{run(id:"1"){events(first:1){totalCount}}}');
  await page.to('/runs/1?tab=events');
  const log = page.getByRole('region', { name: 'Log' });
  const table = log.getByRole('table');
  await page.waitForFunction((count) => document.querySelector('.log table')?.getAttribute('aria-rowcount') === count, String(run.events.totalCount + 1));
  assert.ok(await log.locator('tbody tr').count() < 120);
  await page.getByTestId('follow').check();
  await table.getByText('line 10000', { exact: true }).waitFor();
  // The page still answers: a click is followed by its effect within a moment.
  const began = Date.now();
  await table.getByText('line 9999', { exact: true }).click();
  await page.locator('.log-line').getByText('line 9999').waitFor();
  assert.ok(Date.now() - began < 2_000);
  await page.getByRole('link', { name: 'Warnings and errors' }).click();
  await page.waitForURL('**level=warn*');
  await page.waitForFunction(() => document.querySelector('.log table')?.getAttribute('aria-rowcount') === '101');
  await look(page, 'run-log');
  await page.to('/runs/3?tab=events&level=error');
  await log.locator('[data-level="error"]').waitFor();
  assert.equal(await log.locator('[data-level="info"]').count(), 0);
  quiet();
});

test('lineage goes from the file to the rows', async () => {
  await page.to('/runs/1?tab=lineage');
  const { run } = await ask('{run(id:"1"){file{sha256 references objects{path run{id}}}}}');
  const chain = page.locator('.lineage');
  await chain.getByText(run.file.sha256).waitFor();
  for (const { path } of run.file.objects.filter((object) => object.run?.id === '1')) await chain.getByText(path).waitFor();
  assert.equal(Number(await value(page, 'references')), run.file.references);
  await look(page, 'run-lineage');
  quiet();
});

test('two runs are compared side by side', async () => {
  await page.to('/runs/2');
  await page.getByRole('link', { name: 'Compare' }).click();
  await page.waitForURL('**/runs/compare?left=2');
  await page.getByText('Choose two runs').waitFor();
  await page.getByLabel('Right run').fill('4');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.waitForURL('**left=2&right=4');
  const { left, right } = await ask('{left:run(id:"2"){counts{read rejected}} right:run(id:"4"){counts{read rejected}}}');
  for (const [name, key] of [['Read', 'read'], ['Rejected', 'rejected']]) {
    const cells = page.locator(`tr[data-row="${name}"] td[data-value]`);
    await cells.first().waitFor();
    assert.deepEqual(await cells.evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value))), [left.counts[key], right.counts[key]]);
  }
  await page.locator('tr[data-row="missing_title"]').getByText('−1').waitFor();
  await look(page, 'run-compare');
  await page.getByRole('link', { name: 'Swap sides' }).click();
  await page.locator('tr[data-row="missing_title"]').getByText('+1').waitFor();
  await page.to('/runs/compare?left=1&right=999');
  await page.getByText('There is no run 999').waitFor();
  quiet();
});

test('undoing says what stands in the way, and what stands in the way of that, and is done with all of it', async () => {
  // It changes nothing of run 2, but what run 4 has brought.
  server.command(['ingest', file('later.csv', [movie('900003', 'Another', '42000000')])]);
  const later = await newest();
  await page.to('/runs/2');
  await page.getByTestId('undo-run').click();
  const dialog = page.getByRole('dialog', { name: 'Undo run 2?' });
  const conflicts = dialog.getByTestId('undo-conflicts').getByRole('link');
  await conflicts.first().waitFor();
  assert.deepEqual(await conflicts.allTextContents(), [`Run ${later}`, 'Run 4']);
  await look(page, 'run-undo-conflicts');
  await dialog.getByRole('button', { name: 'Undo all 3 runs' }).click();
  await page.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname) && !url.pathname.endsWith('/2'));
  await page.getByText('Takes back what').waitFor();
  await status().getByText('succeeded').waitFor();
  const { runs } = await ask(`{runs(filter:{id:{in:["2","4","${later}"]}}){nodes{status}}}`);
  assert.deepEqual(runs.nodes.map(({ status }) => status), ['UNDONE', 'UNDONE', 'UNDONE']);
  quiet();
});

test('undoing a run that nothing stands in the way of says what it does, and can be left', async () => {
  await page.to('/runs/6');
  await page.getByTestId('undo-run').click();
  const dialog = page.getByRole('dialog', { name: 'Undo run 6?' });
  await dialog.getByText('gets back what it was before').waitFor();
  assert.equal(await dialog.getByTestId('undo-yes').textContent(), 'Undo');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal((await ask('{run(id:"6"){status}}')).run.status, 'SUCCEEDED');
  quiet();
});

test('a preview shows what it would change, and is approved or discarded', async () => {
  await page.to('/runs/4');
  await page.getByTestId('reprocess').click();
  const dialog = page.getByRole('dialog', { name: 'Process files again' });
  await dialog.getByRole('list', { name: 'Chosen files' }).getByText('second.csv').waitFor();
  await look(page, 'run-reprocess');
  await dialog.getByTestId('reprocess-go').click();
  // To discard is asked about, and may be thought better of.
  await dialog.getByTestId('preview-discard-run').click();
  const dropped = await newest();
  const sure = page.getByRole('dialog', { name: `Discard run ${dropped}?` });
  await sure.waitFor();
  await look(page, 'run-preview-discard');
  await sure.getByRole('button', { name: 'Cancel' }).click();
  await sure.waitFor({ state: 'hidden' });
  assert.equal((await ask(`{run(id:"${dropped}"){status}}`)).run.status, 'HELD');
  await dialog.getByTestId('preview-discard-run').click();
  await sure.getByRole('button', { name: 'Discard' }).click();
  await dialog.locator('.chip', { hasText: 'discarded' }).waitFor();
  await dialog.getByTestId('preview-discard-run').waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.waitForURL((url) => !url.search.includes('reprocess'));
  await page.getByTestId('reprocess').click();
  await dialog.getByTestId('reprocess-go').click();
  await dialog.locator('.chip', { hasText: 'held' }).waitFor();
  await dialog.locator('tr[data-movie="900003"]').waitFor();
  await look(page, 'run-preview');
  const held = await newest();
  assert.equal((await ask(`{movie(id:"900003"){title}}`)).movie, null);
  await dialog.getByTestId('preview-approve-run').click();
  await dialog.locator('.chip', { hasText: 'succeeded' }).waitFor();
  assert.equal((await ask('{movie(id:"900003"){title}}')).movie.title, 'Another');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.waitForURL((url) => !url.search.includes('reprocess'));
  const { run } = await ask(`{run(id:"${held}"){kind requestedBy}}`);
  assert.deepEqual(run, { kind: 'REPROCESS', requestedBy: 'admin' });

  await page.to('/runs/5');
  await page.getByTestId('held-because').waitFor();
  await page.getByTestId('discard-run').click();
  const asked = page.getByRole('dialog', { name: 'Discard run 5?' });
  await asked.getByRole('button', { name: 'Discard' }).click();
  await status().getByText('discarded').waitFor();
  assert.equal((await ask('{movie(id:"900004"){title}}')).movie, null);
  await page.getByText('This run merged nothing').waitFor();
  quiet();
});

test('whoever reads the log of a held run sees it merge', async () => {
  server.command(['ingest', '--hold', file('logged.csv', [movie('900006', 'Logged', '70000000')])]);
  await page.to(`/runs/${await newest()}?tab=events`);
  const log = page.getByRole('region', { name: 'Log' });
  await log.locator('tbody tr[data-level]').first().waitFor();
  assert.equal(await log.getByText(/^merged: /).count(), 0);
  await page.getByTestId('approve-run').click();
  await log.getByText(/^merged: 1 inserted/).waitFor();
  quiet();
});

test('what a run changes of companion data is listed', async () => {
  const keywords = (name, ids) => {
    const list = ids.map((id) => `{'id': ${id}, 'name': 'keyword ${id}'}`).join(', ');
    const path = join(server.folder, name);
    writeFileSync(path, `id,keywords\n900006,"[${list}]"\n`);
    server.command(['ingest', path]);
  };
  keywords('keywords.csv', [1]);
  keywords('more_keywords.csv', [1, 2]);
  const id = await newest();
  await page.to(`/runs/${id}?tab=changes`);
  await page.getByText('No movies change').waitFor();
  await page.getByRole('link', { name: 'Companion data' }).click();
  await page.waitForURL('**of_what=companions*');
  const { run } = await ask(`{run(id:"${id}"){companionChanges{nodes{fills id kind before after}}}}`);
  assert.deepEqual(run.companionChanges.nodes.map(({ fills, id, kind }) => [fills, id, kind]), [['keywords', '900006', 'UPDATED']]);
  const table = page.getByRole('region', { name: 'Changes of companion data' });
  await table.getByRole('link', { name: 'movie 900006' }).waitFor();
  const [{ before, after }] = run.companionChanges.nodes;
  assert.equal(await table.locator('del').textContent(), before);
  assert.equal(await table.locator('ins').textContent(), after);
  await look(page, 'run-companions');
  await page.getByRole('navigation', { name: 'Kind of change' }).getByRole('link', { name: 'gone' }).click();
  await page.getByText('No such changes').waitFor();
  quiet();
});

test('several runs are tried again at once', async () => {
  writeFileSync(join(server.inbox, 'strange.csv'), 'c,d\n1,2\n');
  await page.to('/runs?status=failed');
  // What arrives meanwhile is shown without a reload.
  await page.getByText('strange.csv').waitFor();
  await page.getByRole('button', { name: 'Select all on this page' }).click();
  await page.getByTestId('bulk').getByText('2 selected').waitFor();
  assert.equal(await page.getByTestId('bulk-cancel-run').isVisible(), false);
  const before = (await ask('{runs{totalCount}}')).runs.totalCount;
  await page.getByTestId('bulk-retry-run').click();
  await page.getByText('2 runs tried again').waitFor();
  await page.locator('tr[data-run-id]').nth(3).waitFor();
  assert.equal((await ask('{runs{totalCount}}')).runs.totalCount, before + 2);
  await look(page, 'runs-bulk');
  quiet();
});

test('runs that are under way are cancelled at once, after a question', async () => {
  const [one, other] = ['large.csv', 'larger.csv'].map((name) => join(server.inbox, name));
  server.command(['sample', '--rows', '250000', '--seed', '9', '--out', `${one}.part`]);
  copyFileSync(`${one}.part`, `${other}.part`);
  appendFileSync(`${other}.part`, `${movie('900007', 'One More', '80000000')}\n`);
  await page.to('/runs');
  for (const path of [one, other]) renameSync(`${path}.part`, path);
  const rows = ['large.csv', 'larger.csv'].map((name) => page.locator('tr[data-run-id]').filter({ has: page.getByText(name, { exact: true }) }));
  for (const row of rows) await row.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Cancel 2' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel the selected runs?' });
  await dialog.getByRole('button', { name: 'Cancel the runs' }).click();
  await page.getByText('2 runs cancelled').waitFor();
  await dialog.waitFor({ state: 'hidden' });
  for (const row of rows) await row.getByText('cancelled', { exact: true }).waitFor();
  const { runs } = await ask('{runs(filter:{fileName:{in:["large.csv","larger.csv"]}}){nodes{status}}}');
  assert.deepEqual(runs.nodes.map(({ status }) => status), ['CANCELLED', 'CANCELLED']);
  assert.equal(await page.getByTestId('bulk-cancel-run').isVisible(), false);
  quiet();
});

test('a backfill is begun, watched and found again', async () => {
  await page.to('/backfills');
  await page.getByText('No backfills yet').waitFor();
  await look(page, 'backfills-empty');
  await page.getByTestId('reprocess').click();
  const dialog = page.getByRole('dialog', { name: 'Process files again' });
  await dialog.getByLabel('Run').check();
  await dialog.getByRole('button', { name: 'Run all files' }).click();
  await page.waitForURL('**/backfills/1');
  await page.getByTestId('backfill-state').getByText('done').waitFor({ timeout: 60_000 });
  const { backfill } = await ask('{backfill(id:"1"){total progress{done failed cancelled remaining} runs{nodes{id}}}}');
  for (const [name, count] of Object.entries(backfill.progress)) assert.equal(await value(page, `backfill-${name}`), String(count), name);
  assert.deepEqual(await ids(), backfill.runs.nodes.map(({ id }) => id));
  await look(page, 'backfill');
  await page.to('/backfills');
  await page.locator('tr[data-backfill="1"]').waitFor();
  await look(page, 'backfills');
  quiet();
});

test('a backfill is cancelled', async () => {
  await page.to('/backfills?reprocess=all');
  const dialog = page.getByRole('dialog', { name: 'Process files again' });
  await dialog.getByRole('button', { name: 'Preview all files' }).click();
  await page.waitForURL('**/backfills/2');
  await page.getByTestId('cancel-backfill').click();
  await page.getByRole('dialog', { name: 'Cancel backfill 2?' }).getByRole('button', { name: 'Cancel the backfill' }).click();
  await page.getByTestId('backfill-state').getByText('cancelled').waitFor();
  assert.notEqual((await ask('{backfill(id:"2"){cancelledAt}}')).backfill.cancelledAt, null);
  quiet();
});

test('a link to the dialog may name the rules, and several files are a backfill', async () => {
  const dialog = page.getByRole('dialog', { name: 'Process files again' });
  const rules = (words) => dialog.getByLabel('Rules').locator('option:checked', { hasText: words }).waitFor({ state: 'attached' });
  await page.to('/runs?reprocess=all&under=1');
  await rules(/^1: /);
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => url.pathname === '/runs' && url.search === '');
  await page.to('/runs?reprocess=all');
  await rules('The newest');
  const { files } = await ask('{files(filter:{name:{in:["broken.csv","second.csv"]}}){nodes{sha256}}}');
  await page.to(`/runs?reprocess=${files.nodes.map(({ sha256 }) => sha256).join(',')}&under=1`);
  await rules(/^1: /);
  await dialog.getByRole('button', { name: 'Preview 2 files' }).click();
  await page.waitForURL(/\/backfills\/\d+$/);
  const id = new URL(page.url()).pathname.split('/').pop();
  const { backfill } = await ask(`{backfill(id:"${id}"){total ruleVersion}}`);
  assert.deepEqual(backfill, { total: 2, ruleVersion: 1 });
  await ask(`mutation{cancelBackfill(id:"${id}"){id}}`);
  quiet();
});

test('a viewer looks, and is told what it takes to act', async () => {
  const viewer = await open(browser, server);
  await viewer.goto(`${server.url}/runs`);
  await signIn(viewer, 'vera');
  await viewer.locator('tr[data-run-id="1"]').waitFor();
  assert.equal(await viewer.getByRole('checkbox', { name: /Select run/ }).count(), 0);
  assert.equal(await viewer.getByTestId('reprocess').count(), 0);
  await viewer.to('/runs/3');
  await viewer.getByTestId('run-error').getByText('run.trigger').waitFor();
  for (const id of ['retry-run', 'undo-run', 'reprocess']) assert.equal(await viewer.getByTestId(id).count(), 0, id);
  assert.equal(await viewer.getByRole('tab', { name: 'Rejects' }).count(), 0);
  await viewer.to('/runs/1?tab=rejects');
  assert.equal(await viewer.getByRole('tab', { selected: true }).textContent().then((text) => text.startsWith('Changes')), true);
  await viewer.to('/backfills');
  await viewer.locator('tr[data-backfill="1"]').waitFor();
  assert.equal(await viewer.getByTestId('reprocess').count(), 0);
  await look(viewer, 'runs-viewer');
  assert.deepEqual(viewer.faults, []);
});

test('an operator starts and decides on runs', async () => {
  const operator = await open(browser, server);
  await operator.goto(`${server.url}/runs/3`);
  await signIn(operator, 'olga');
  await operator.getByTestId('retry-run').click();
  await operator.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname) && !url.pathname.endsWith('/3'));
  await status(operator).getByText('failed').waitFor();
  assert.equal(await operator.getByTestId('requested-by').textContent(), 'olga');
  await operator.to('/runs?by=olga');
  assert.equal((await ids(operator)).length, 1);
  assert.deepEqual(operator.faults, []);
});

test('a refusal is shown with its code', async () => {
  // Somebody else discards what is held while the page still offers to approve it.
  server.command(['ingest', '--hold', file('third.csv', [movie('900005', 'Third', '60000000')])]);
  const id = await newest();
  await page.to(`/runs/${id}`);
  await page.route('**/graphql', async (route) => {
    if (route.request().postData().includes('approveRun')) await ask(`mutation{discardRun(id:"${id}"){id}}`);
    await route.continue();
  });
  await page.getByTestId('approve-run').click();
  await page.getByRole('alert').getByText('BAD_USER_INPUT').waitFor();
  await page.unroute('**/graphql');
  quiet();
});
