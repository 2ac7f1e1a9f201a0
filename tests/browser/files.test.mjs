// Files: found, uploaded, downloaded, held, moved and deleted, by whoever may.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn } from './browser.mjs';
import { Server, root } from './server.mjs';

const secret = 'a long password';
const server = new Server();
let browser, page;

before(async () => {
  for (const [name, rows, seed] of [['movies_metadata.csv', 2000, 1], ['second.csv', 300, 2]]) {
    server.command(['sample', '--rows', String(rows), '--seed', String(seed), '--out', name]);
    server.command(['ingest', name]);
  }
  await server.start();
  // The first start makes the admin, which it does only where there is nobody yet.
  server.command(['user', 'add', 'olga', '--role', 'operator'], `${secret}\n`);
  server.command(['user', 'add', 'vera', '--role', 'viewer'], `${secret}\n`);
  browser = await launch();
  page = await open(browser, server);
  await page.goto(`${server.url}/files`);
  await signIn(page);
  await page.locator('tr[data-file]').first().waitFor();
});

after(async () => {
  await browser?.close();
  await server.close();
});

async function ask(query, variables = {}, who = page) {
  const response = await who.request.post(`${server.url}/graphql`, { data: { query, variables } });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const rows = () => page.locator('tr[data-file]').evaluateAll((rows) => rows.map((row) => row.dataset.file));
const listed = async (order = '', filter = '') => {
  const { files } = await ask(`{ files(first: 50 ${order} ${filter}) { nodes { sha256 } } }`);
  return files.nodes.map((file) => file.sha256);
};
/** Waits until the list shows these files in this order. */
const shows = (expected) => page.waitForFunction((expected) => {
  const rows = [...document.querySelectorAll('tr[data-file]')].map((row) => row.dataset.file);
  return JSON.stringify(rows) === expected;
}, JSON.stringify(expected));
const named = async (name) => (await ask('query($name: String!) { files(filter: {name: {eq: $name}}) { nodes { sha256 } } }', { name })).files.nodes[0]?.sha256;
const upload = (name) => page.locator(`[data-upload="${name}"]`);
const dialog = () => page.getByRole('dialog');
const csv = (rows, seed) => {
  const name = join(server.folder, `sample-${seed}.csv`);
  server.command(['sample', '--rows', String(rows), '--seed', String(seed), '--out', name]);
  return readFileSync(name);
};

test('files are listed as the API has them, sorted, searched and filtered in the URL', async () => {
  await page.to('/files');
  assert.deepEqual(await rows(), await listed());
  await look(page, 'files');
  await page.getByRole('columnheader', { name: 'Size' }).getByRole('link').click();
  await page.waitForURL('**sort=size**');
  await shows(await listed('orderBy: {field: BYTES, direction: DESC}'));
  const second = await named('second.csv');
  await page.getByRole('searchbox', { name: 'Name or hash' }).fill('SECOND');
  await shows([second]);
  await page.getByRole('searchbox', { name: 'Name or hash' }).fill(second.slice(0, 9));
  await shows([second]);
  await page.waitForURL(`**q=${second.slice(0, 9)}**`);
  await page.to('/files?format=-');
  await page.getByText('No files like that').waitFor();
  await page.getByRole('link', { name: 'Show all files' }).click();
  await shows(await listed());
  await page.getByLabel('Format').selectOption('movies-dataset');
  await page.waitForURL('**format=movies-dataset**');
  await shows(await listed('', 'filter: {source: {eq: "movies-dataset"}}'));
  await page.to('/files?from=2001-01-01&to=2001-12-31');
  await page.getByText('No files like that').waitFor();
  await page.to('/files?from=2001-01-01&state=kept&area=raw');
  await shows(await listed());
  assert.deepEqual(page.faults, []);
});

test('several files are uploaded at a button; each leads to its run', async () => {
  await page.to('/files');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose files' }).click();
  await (await chooser).setFiles([
    { name: 'third.csv', mimeType: 'application/vnd.ms-excel', buffer: csv(200, 3) },
    { name: 'unknown.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') },
    { name: '.hidden.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n') },
  ]);
  await upload('third.csv').getByText('succeeded').waitFor();
  await upload('unknown.csv').getByText('failed').waitFor();
  await upload('unknown.csv').getByText('unknown.csv: ').or(upload('unknown.csv').getByText('shares no column')).first().waitFor();
  // What the server refuses is told at the file, with its code, and can be tried again.
  const refused = upload('.hidden.csv');
  await refused.getByText('BAD_USER_INPUT').waitFor();
  await refused.getByRole('button', { name: 'Retry .hidden.csv' }).click();
  await refused.getByText('BAD_USER_INPUT').waitFor();
  await page.getByText('2 of 3 files uploaded, 1 failed').waitFor({ state: 'attached' });
  const sha256 = await named('third.csv');
  await page.locator(`tr[data-file="${sha256}"]`).waitFor();
  await look(page, 'files-uploaded');
  await refused.getByRole('button', { name: 'Remove .hidden.csv' }).click();
  await refused.waitFor({ state: 'detached' });
  const { file } = await ask('query($sha256: String!) { file(sha256: $sha256) { runs { id trigger } } }', { sha256 });
  assert.deepEqual(file.runs.map((run) => run.trigger), ['API']);
  await upload('third.csv').getByRole('link', { name: `run ${file.runs[0].id}` }).click();
  await page.waitForURL(`**/runs/${file.runs[0].id}`);
  // Uploads stay known while one looks around.
  await page.getByRole('link', { name: 'Files', exact: true }).first().click();
  await upload('third.csv').getByText('succeeded').waitFor();
  // The browser itself reports what it was refused.
  assert.ok(page.faults.every((fault) => fault.includes('400')), page.faults.join('\n'));
  page.faults.length = 0;
});

test('a dropped file shows how far it is, can be stopped, and goes on where it was', async () => {
  await page.to('/files');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  const slow = (bytes) => cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes });
  await slow(1_000_000);
  const bytes = csv(12_000, 4);
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'dropped.csv', { type: 'text/csv' }));
    return data;
  }, bytes.toString());
  await page.getByLabel('Hold each run before merging').check();
  await page.locator('.drop-target').dispatchEvent('dragover', { dataTransfer: data });
  await page.locator('.drop-target.over').waitFor();
  await page.locator('.drop-target').dispatchEvent('drop', { dataTransfer: data });
  const bar = upload('dropped.csv').getByRole('progressbar');
  await page.waitForFunction(() => {
    const now = Number(document.querySelector('[data-upload="dropped.csv"] [role=progressbar]')?.getAttribute('aria-valuenow'));
    return now > 5 && now < 95;
  });
  await bar.getByText(/Uploading, \d+ %/).waitFor();
  mkdirSync(join(root, 'target/screenshots'), { recursive: true });
  await page.screenshot({ path: join(root, 'target/screenshots/files-uploading.png') });
  await upload('dropped.csv').getByRole('button', { name: 'Stop dropped.csv' }).click();
  await upload('dropped.csv').getByText('STOPPED').waitFor();
  assert.equal(await named('dropped.csv'), undefined);
  await slow(-1);
  const again = page.waitForRequest((request) => request.method() === 'PUT');
  await upload('dropped.csv').getByRole('button', { name: 'Retry dropped.csv' }).click();
  const offset = Number((await (await again).allHeaders())['upload-offset'] ?? 0);
  assert.ok(offset > 0 && offset < bytes.length, `it went on at ${offset} of ${bytes.length}`);
  // The server may take a moment to notice that the first connection has gone.
  const retry = upload('dropped.csv').getByRole('button', { name: 'Retry dropped.csv' });
  const held = upload('dropped.csv').getByText('held');
  for (const end = Date.now() + 90_000; Date.now() < end;) {
    await retry.or(held).first().waitFor();
    if (await held.count()) break;
    await retry.click();
    await page.waitForTimeout(500);
  }
  await held.waitFor();
  const raw = await page.request.get(`${server.url}/api/v1/files/${await named('dropped.csv')}/raw`);
  assert.ok(bytes.equals(await raw.body()), 'the bytes that came are those that were sent');
  await page.getByLabel('Hold each run before merging').uncheck();
  page.faults.length = 0;
});

test('formats say which files are recognised', async () => {
  await page.to('/files');
  await page.getByRole('link', { name: 'which files are recognised?' }).click();
  await page.waitForURL('**/files/formats');
  await settled(page);
  const { sources } = await ask('{ sources { name columns { name optional } } }');
  const shown = await page.locator('section.panel h2').allTextContents();
  assert.deepEqual(shown, sources.map((source) => source.name));
  const needed = sources[0].columns.filter((column) => !column.optional).map((column) => column.name);
  await page.getByText(needed.join(', '), { exact: true }).waitFor();
  await look(page, 'formats');
  assert.deepEqual(page.faults, []);
});

test("a file's page has its runs, what the archive keeps, and its bytes", async () => {
  const sha256 = await named('movies_metadata.csv');
  await page.to(`/files/${sha256}`);
  const { file } = await ask('query($sha256: String!) { file(sha256: $sha256) { references objects { path kind run { id } } runs { id } } }', { sha256 });
  assert.equal(await page.getByTestId('file-references').getAttribute('data-value'), String(file.references));
  assert.ok(file.references > 0);
  const objects = await page.locator('tr[data-object]').evaluateAll((rows) => rows.map((row) => row.dataset.object));
  assert.deepEqual(objects, file.objects.map((object) => object.path));
  const runs = await page.locator('tr[data-run-id]').evaluateAll((rows) => rows.map((row) => row.dataset.runId));
  assert.deepEqual(runs, file.runs.map((run) => run.id));
  const download = page.waitForEvent('download');
  await page.getByTestId('download-raw').click();
  const saved = await download;
  assert.equal(saved.suggestedFilename(), 'movies_metadata.csv');
  assert.ok(readFileSync(await saved.path()).equals(readFileSync(join(server.folder, 'movies_metadata.csv'))));
  const links = await page.locator('tr[data-object] a[download]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.equal(links.length, file.objects.length);
  for (const link of links) assert.equal((await page.request.get(server.url + link)).status(), 200, link);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.locator('.copied').getByRole('button', { name: 'Copy' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), sha256);
  assert.equal(await page.getByRole('link', { name: 'Reprocess' }).getAttribute('href'), `/runs?reprocess=${sha256}`);
  assert.equal(await page.locator('.why-not').count(), 0);
  await look(page, 'file');
  assert.deepEqual(page.faults, []);
});

test('a file is held with a reason, cannot be deleted then, and is released', async () => {
  const sha256 = await named('second.csv');
  await page.to(`/files/${sha256}`);
  await page.getByTestId('hold-file').click();
  await dialog().getByRole('button', { name: 'Hold' }).click();
  await dialog().getByText('BAD_USER_INPUT').waitFor();
  await dialog().getByLabel('Reason').fill('evidence for the audit');
  await look(page, 'file-hold');
  await dialog().getByRole('button', { name: 'Hold' }).click();
  await page.getByTestId('file-held').getByText('evidence for the audit').waitFor();
  const { file } = await ask('query($sha256: String!) { file(sha256: $sha256) { hold { by reason } } }', { sha256 });
  assert.deepEqual(file.hold, { by: 'admin', reason: 'evidence for the audit' });
  assert.equal(await page.getByTestId('delete-file').getAttribute('aria-disabled'), 'true');
  assert.match(await page.getByTestId('delete-file').getAttribute('title'), /held/);
  await look(page, 'file-held');
  await page.to('/files?state=held');
  await shows([sha256]);
  await page.to(`/files/${sha256}`);
  await page.getByTestId('release-file').click();
  await dialog().getByRole('button', { name: 'Release' }).click();
  await page.getByTestId('file-held').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
});

test('a file is moved to the cold area and back', async () => {
  const sha256 = await named('second.csv');
  const area = async () => (await ask('query($sha256: String!) { file(sha256: $sha256) { area } }', { sha256 })).file.area;
  await page.to(`/files/${sha256}`);
  for (const [words, expected] of [['cold', 'COLD'], ['raw', 'RAW']]) {
    await page.getByRole('button', { name: `Move to ${words}` }).click();
    await dialog().getByRole('button', { name: 'Move' }).click();
    await page.getByTestId('file-area').getByText(words).waitFor();
    assert.equal(await area(), expected);
  }
  assert.deepEqual(page.faults, []);
});

test('a file that the mart needs is deleted only after it was asked twice', async () => {
  const sha256 = await named('second.csv');
  const file = async () => (await ask('query($sha256: String!) { file(sha256: $sha256) { references deleted { by reason } } }', { sha256 })).file;
  const { references } = await file();
  assert.ok(references > 0);
  await page.to(`/files/${sha256}`);
  await page.getByTestId('delete-file').click();
  await dialog().getByTestId('delete-references').getByText(`${references} rows`).waitFor();
  await look(page, 'file-delete');
  await dialog().getByLabel('Reason').fill('sent by mistake');
  await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog().getByText('CONFIRMATION_REQUIRED').waitFor();
  await look(page, 'file-delete-sure');
  assert.equal((await file()).deleted, null);
  // Who draws back has deleted nothing.
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'hidden' });
  assert.equal((await file()).deleted, null);
  await page.getByTestId('delete-file').click();
  await dialog().getByLabel('Reason').fill('sent by mistake');
  await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog().getByRole('button', { name: 'Delete all the same' }).click();
  await page.getByTestId('file-deleted').getByText('sent by mistake').waitFor();
  assert.deepEqual((await file()).deleted, { by: 'admin', reason: 'sent by mistake' });
  assert.equal(await page.getByTestId('download-raw').count(), 0);
  await look(page, 'file-deleted');
  await page.to('/files?state=deleted');
  await shows([sha256]);
  assert.deepEqual(page.faults, []);
});

test('an operator uploads and reprocesses, and is told why there is neither hold nor move nor delete', async () => {
  const operator = await open(browser, server);
  await operator.goto(`${server.url}/files`);
  await signIn(operator, 'olga', secret);
  await operator.locator('tr[data-file]').first().waitFor();
  await operator.getByRole('button', { name: 'Choose files' }).waitFor();
  await operator.to(`/files/${await named('movies_metadata.csv')}`);
  await operator.getByTestId('download-raw').waitFor();
  await operator.getByRole('link', { name: 'Reprocess' }).waitFor();
  for (const id of ['hold-file', 'move-file', 'delete-file']) assert.equal(await operator.getByTestId(id).count(), 0, id);
  assert.deepEqual(await operator.locator('.why-not code').allTextContents(), ['file.hold', 'file.move', 'file.delete']);
  await look(operator, 'file-operator');
  assert.deepEqual(operator.faults, []);
});

test('a viewer is told which permission files take', async () => {
  const viewer = await open(browser, server);
  await viewer.goto(server.url);
  await signIn(viewer, 'vera', secret);
  await viewer.getByTestId('viewer').getByText('vera').waitFor();
  for (const path of ['/files', `/files/${await named('movies_metadata.csv')}`]) {
    await viewer.goto(server.url + path);
    await viewer.getByText('file.read').waitFor();
    assert.equal(await viewer.getByRole('button', { name: 'Choose files' }).count(), 0);
  }
  await viewer.to('/files/formats');
  await viewer.getByRole('heading', { name: 'movies-dataset' }).waitFor();
  assert.deepEqual(viewer.faults, []);
});

test('an address of no file says so', async () => {
  await page.to(`/files/${'0'.repeat(64)}`);
  await page.getByText('There is no file with this address').waitFor();
  assert.deepEqual(page.faults, []);
});
