// Rules: read, compared, drafted, tried and published.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn } from './browser.mjs';
import { Server } from './server.mjs';

const secret = 'a long password';
const server = new Server();
let browser, page, original;

before(async () => {
  for (const [name, rows, seed] of [['movies_metadata.csv', 2000, 1], ['second.csv', 300, 2]]) {
    server.command(['sample', '--rows', String(rows), '--seed', String(seed), '--out', name]);
    server.command(['ingest', name]);
  }
  await server.start();
  // The first start makes the admin, which it does only where there is nobody yet.
  server.command(['user', 'add', 'vera', '--role', 'viewer'], `${secret}\n`);
  browser = await launch();
  page = await open(browser, server);
  await page.goto(`${server.url}/rules`);
  await signIn(page);
  await page.locator('tr[data-version]').first().waitFor();
  original = (await ask('{ ruleSet(version: 1) { body } }')).ruleSet.body;
});

after(async () => {
  await browser?.close();
  await server.close();
});

async function ask(query, variables = {}) {
  const response = await page.request.post(`${server.url}/graphql`, { data: { query, variables } });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const editor = () => page.getByTestId('rule-editor');
const dialog = () => page.getByRole('dialog');
const exact = (id) => page.getByTestId(id).getAttribute('data-value');
/** A draft in which zero is a known budget and three lines are added. */
const draft = () => `${original.replace('zero_budget = "unknown"', 'zero_budget = "zero"')}
[[check]]
rule = "runtime.plausible"
field = "runtime"
max = 120
action = "reject"
`;

test('versions are listed, the newest in use', async () => {
  await page.to('/rules');
  const versions = page.locator('tr[data-version]');
  assert.equal(await versions.count(), 1);
  await versions.first().getByText('in use').waitFor();
  await versions.first().getByText('comes with Marquee').waitFor();
  await versions.first().getByRole('link', { name: 'Version 1' }).click();
  await page.waitForURL('**/rules/1');
  await page.getByTestId('rule-runs').getByText('2 runs').waitFor();
  const shown = await page.locator('.code-view > :not(.code-number)').allTextContents();
  assert.equal(shown.join(''), original);
  await look(page, 'rule');
  assert.deepEqual(page.faults, []);
});

test('the editor numbers its lines and gives the keyboard back', async () => {
  await page.to('/rules/1');
  await page.getByRole('link', { name: 'New version from this' }).click();
  await page.waitForURL('**/rules/new?from=1');
  assert.equal(await editor().inputValue(), original);
  assert.equal(await page.locator('.editor-numbers span').count(), original.split('\n').length);
  await editor().fill('a = 1\n');
  await editor().press('Control+End');
  await editor().press('Tab');
  await editor().pressSequentially('b');
  assert.equal(await editor().inputValue(), 'a = 1\n  b');
  await editor().press('Escape');
  await editor().press('Tab');
  assert.equal(await editor().evaluate((area) => area === document.activeElement), false);
  await editor().focus();
  await editor().press('Shift+Tab');
  assert.equal(await editor().evaluate((area) => area === document.activeElement), false);
  await page.getByRole('button', { name: 'Back to version 1' }).click();
  assert.equal(await editor().inputValue(), original);
  assert.deepEqual(page.faults, []);
});

test('faults are shown at their lines, by trying and by publishing', async () => {
  await page.to('/rules/new');
  const line = original.split('\n').findIndex((text) => text.startsWith('zero_budget')) + 1;
  await editor().fill(original.replace('zero_budget = "unknown"', 'zero_budgets = "unknown"'));
  await editor().press('Control+Enter');
  const fault = page.getByTestId('rule-faults').locator(`li[data-line="${line}"]`);
  await fault.getByText('unknown field').waitFor();
  assert.equal(await page.locator('.editor-numbers .fault').textContent(), String(line));
  assert.equal(await editor().getAttribute('aria-invalid'), 'true');
  await look(page, 'rules-fault');
  await fault.getByRole('button').click();
  const caret = await editor().evaluate((area) => area.value.slice(0, area.selectionStart).split('\n').length);
  assert.equal(caret, line);
  // A mended line loses its mark; the list says that it is of before.
  await editor().press('ArrowDown');
  await editor().fill(original.replace('zero_budget = "unknown"', 'zero_budget = "nothing"'));
  await page.locator('.editor-numbers .fault').waitFor({ state: 'detached' });
  await fault.getByText('changed since').waitFor();
  await page.getByTestId('publish').click();
  await dialog().getByLabel('Note').fill('nothing');
  await dialog().getByRole('button', { name: 'Publish' }).click();
  await page.getByTestId('rule-faults').locator(`li[data-line="${line}"]`).getByText('nothing').waitFor();
  assert.equal((await ask('{ ruleSets { version } }')).ruleSets.length, 1);
  await page.getByRole('button', { name: 'Back to version 1' }).click();
  assert.deepEqual(page.faults, []);
});

test('a draft is tried on what is chosen, and the mart stays as it is', async () => {
  const before = await ask('{ dataVersion { version } }');
  await page.to('/rules/1');
  await page.getByRole('link', { name: 'New version from this' }).click();
  await page.waitForURL('**/rules/new?from=1');
  await editor().fill(draft());
  await page.getByRole('button', { name: 'Changes', exact: true }).click();
  await page.getByTestId('diff-count').getByText('7 lines added').waitFor();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  for (const [choose, args] of [
    [async () => {}, ''],
    [async () => {
      await page.getByLabel('Try it on').selectOption('newest');
      await page.getByLabel('How many').fill('1');
    }, 'sample: 1'],
    [async () => {
      await page.getByLabel('Try it on').selectOption('chosen');
      await page.getByLabel('movies_metadata.csv').check();
    }, 'files: [$file]'],
  ]) {
    await choose();
    const { files } = await ask('{ files(filter: {name: {eq: "movies_metadata.csv"}}) { nodes { sha256 } } }');
    const asked = `mutation($body: String!${args.includes('$file') ? ', $file: String!' : ''}) { previewRules(body: $body ${args}) {
      files { name } gained { count } lost { count rows(first: 20) { movieId } } changed { count } rejects { code before after } } }`;
    const { previewRules: expected } = await ask(asked, { body: draft(), file: files.nodes[0].sha256 });
    await page.getByTestId('try').click();
    await page.getByText(`Tried on ${expected.files.length} file`).waitFor();
    for (const name of ['gained', 'lost', 'changed']) {
      await page.waitForFunction(([name, count]) => document.querySelector(`[data-testid="sandbox-${name}"]`)?.dataset.value === count, [name, String(expected[name].count)]);
    }
    assert.ok(expected.lost.count > 0);
    const lost = await page.getByTestId('sandbox').locator('section:has(#lost) tr[data-movie]').evaluateAll((rows) => rows.map((row) => row.dataset.movie));
    assert.deepEqual(lost, expected.lost.rows.map((row) => row.movieId));
    for (const { code, before, after } of expected.rejects) {
      const cells = page.locator(`tr[data-code="${code}"] td`);
      assert.deepEqual(await cells.evaluateAll((cells) => cells.map((cell) => cell.dataset.value)), [before, after, after - before].map(String));
    }
  }
  await look(page, 'rules-sandbox');
  await editor().press('Control+End');
  await editor().pressSequentially('# more');
  await page.getByTestId('sandbox-stale').waitFor();
  assert.deepEqual(await ask('{ dataVersion { version } }'), before);
  assert.deepEqual(page.faults, []);
});

test('what is not saved is not lost by a slip', async () => {
  // The page before still has its draft.
  await page.getByRole('link', { name: 'Companies' }).click();
  await dialog().getByText('Leave without saving?').waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  assert.match(await editor().inputValue(), /# more/);
  const here = page.url();
  await page.evaluate(() => history.back());
  await dialog().getByText('Leave without saving?').waitFor();
  assert.equal(page.url(), here);
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  assert.match(await editor().inputValue(), /# more/);
  await page.getByRole('link', { name: 'Companies' }).click();
  await dialog().getByRole('button', { name: 'Leave' }).click();
  await page.waitForURL('**/companies');
  assert.deepEqual(page.faults, []);
});

test('a draft is published with a note, and reprocessing is offered', async () => {
  await page.to('/rules/new');
  assert.equal(await page.getByTestId('publish').isDisabled(), true);
  await editor().fill(draft());
  await page.getByTestId('publish').click();
  await dialog().getByText('not been tried').waitFor();
  await dialog().getByText('+7').waitFor();
  await dialog().getByLabel('Note').fill('Long films are not for us.');
  await look(page, 'rules-publish');
  await dialog().getByRole('button', { name: 'Publish' }).click();
  await page.waitForURL('**/rules/2?published=yes');
  const { ruleSet } = await ask('{ ruleSet { version note author body } }');
  assert.deepEqual(ruleSet, { version: 2, note: 'Long films are not for us.', author: 'admin', body: draft() });
  const offer = page.getByTestId('just-published').getByRole('link');
  assert.equal(await offer.getAttribute('href'), '/runs?reprocess=all&under=2');
  await settled(page);
  await look(page, 'rule-published');
  await page.to('/rules');
  const versions = await page.locator('tr[data-version]').evaluateAll((rows) => rows.map((row) => row.dataset.version));
  assert.deepEqual(versions, ['2', '1']);
  await page.locator('tr[data-version="2"]').getByText('in use').waitFor();
  await look(page, 'rules');
  assert.deepEqual(page.faults, []);
});

test('rules that are published already are refused with the reason', async () => {
  await page.to('/rules/new?from=2');
  await editor().fill(original);
  await page.getByTestId('publish').click();
  await dialog().getByLabel('Note').fill('back');
  await dialog().getByRole('button', { name: 'Publish' }).click();
  await dialog().getByText('BAD_USER_INPUT').waitFor();
  await dialog().getByText('published as version 1').waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Back to version 2' }).click();
  assert.deepEqual(page.faults, []);
});

test('any two versions are compared, one below the other or side by side, as the URL says', async () => {
  await page.to('/rules');
  await page.getByRole('link', { name: 'from 1 to 2' }).click();
  await page.waitForURL('**/rules/compare?from=1&to=2');
  await page.getByTestId('diff-count').getByText('7 lines added').waitFor();
  await page.getByTestId('diff-count').getByText('1 line removed').waitFor();
  const texts = (selector) => page.locator(selector).evaluateAll((cells) => cells.map((cell) => cell.textContent));
  const removed = await texts('tr.removed .diff-text');
  assert.deepEqual(removed, [original.split('\n').find((line) => line.startsWith('zero_budget'))]);
  const old = original.split('\n');
  const added = draft().split('\n').slice(0, -1).filter((line, at) => at >= old.length - 1 || line !== old[at]);
  assert.deepEqual(await texts('tr.added .diff-text'), added);
  await look(page, 'rules-compare');
  // What is the same is folded away until it is asked for.
  const before = await page.locator('table.diff tr').count();
  await page.getByRole('button', { name: /the same\. Show/ }).first().click();
  await page.waitForFunction((before) => document.querySelectorAll('table.diff tr').length > before, before);
  await page.getByRole('button', { name: 'Side by side' }).click();
  await page.waitForURL('**view=side');
  await page.locator('table.diff.beside').waitFor();
  await look(page, 'rules-compare-side');
  await page.getByRole('link', { name: 'Swap' }).click();
  await page.getByTestId('diff-count').getByText('1 line added').waitFor();
  await page.getByLabel('New').selectOption('2');
  await page.getByText('Both are the same version').waitFor();
  assert.deepEqual(page.faults, []);
});

test('a viewer reads and compares rules, and is told what writing them takes', async () => {
  const viewer = await open(browser, server);
  await viewer.goto(`${server.url}/rules`);
  await signIn(viewer, 'vera', secret);
  await viewer.locator('tr[data-version]').first().waitFor();
  await viewer.getByText('rule.write').waitFor();
  assert.equal(await viewer.getByRole('link', { name: 'New version' }).count(), 0);
  await viewer.to('/rules/2');
  await viewer.getByTestId('rule-body').waitFor();
  assert.equal(await viewer.getByRole('link', { name: 'New version from this' }).count(), 0);
  assert.equal(await viewer.getByRole('link', { name: 'Reprocess under it' }).count(), 0);
  await viewer.to('/rules/compare?from=1&to=2');
  await viewer.getByTestId('diff-count').waitFor();
  await viewer.goto(`${server.url}/rules/new`);
  await viewer.getByText('rule.write').waitFor();
  assert.equal(await viewer.getByTestId('rule-editor').count(), 0);
  assert.deepEqual(viewer.faults, []);
});

test('a version that is not there says so with its code', async () => {
  await page.to('/rules/99');
  await page.getByText('BAD_USER_INPUT').waitFor();
  await page.getByText('there is no rule set of version 99').waitFor();
  assert.deepEqual(page.faults, []);
});
