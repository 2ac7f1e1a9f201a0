// The GraphQL console, as somebody who may only read.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { groups } from '../../frontend/console/questions.js';
import { faultsOfAxe, launch, look as lookAround, open, signIn } from './browser.mjs';
import { Server, root } from './server.mjs';

const secret = 'a long password';
const server = new Server();
let browser, page;

before(async () => {
  server.command(['sample', '--rows', '2000', '--seed', '1', '--out', 'movies_metadata.csv']);
  server.command(['ingest', 'movies_metadata.csv']);
  server.command(['user', 'add', 'vera', '--role', 'viewer'], `${secret}\n`);
  await server.start();
  browser = await launch();
  page = await open(browser, server);
});

after(async () => {
  await browser?.close();
  await server.close();
});

const answer = () => page.locator('.result-window');
const example = (title) => page.getByRole('region', { name: 'Examples' }).getByRole('button', { name: title, exact: true });

/** The button that runs what the framed console's editor says, once that says it. */
const execute = async () => {
  const framed = page.frameLocator('iframe[title="GraphQL console"]');
  await framed.locator('.graphiql-query-editor .view-line', { hasText: 'query' }).first().waitFor();
  return framed.getByRole('button', { name: /^Execute/ });
};

/** What GraphiQL brings along: axe-core's word on it would be one to others. What is left is the page itself and the
 *  examples, which are ours. */
const THIRD_PARTY = ['.graphiql-sidebar', '.graphiql-sessions', '.graphiql-doc-explorer'];

/** A picture in both themes at a width, without sideways scrolling and without a serious fault of our own. */
async function look(name, width) {
  mkdirSync(join(root, 'target/screenshots'), { recursive: true });
  const before = page.viewportSize();
  await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`body.graphiql-${colorScheme}`).waitFor();
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name} at ${width} px: ${wide} px too wide`);
    await page.screenshot({ path: join(root, `target/screenshots/${name}-${width}-${colorScheme}.png`) });
    assert.deepEqual(await faultsOfAxe(page, THIRD_PARTY), [], `${name} at ${width} px, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
}

test('a stranger is sent to the sign-in and brought back', async () => {
  await page.goto(`${server.url}/console/page`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/login');
  await signIn(page, 'vera', secret);
  await page.waitForURL('**/console');
  const framed = page.frameLocator('iframe[title="GraphQL console"]');
  await (await execute()).click();
  await framed.locator('.result-window').getByText('"data"').first().waitFor();
  await page.goto(`${server.url}/console/page`);
  await example('Budget').waitFor();
  assert.deepEqual(page.faults, []);
});

test('every example answers', async () => {
  for (const { questions } of groups) {
    for (const { title, query, variables } of questions) {
      const response = await page.request.post(`${server.url}/graphql`, { data: { query, variables } });
      const { data, errors } = await response.json();
      assert.equal(errors, undefined, title);
      const [found] = Object.values(data);
      assert.ok(found?.years?.length ?? found?.nodes?.length ?? found?.length, `${title}: ${JSON.stringify(data)}`);
    }
  }
});

test('an example is opened beside what is being written, and run', async () => {
  await example('Releases by genre').click();
  await page.getByRole('tab', { name: 'CompanyReleasesByGenre' }).or(page.locator('.graphiql-tab-active', { hasText: 'CompanyReleasesByGenre' })).first().waitFor();
  assert.equal(await page.locator('.graphiql-tab').count(), 2);
  await page.getByRole('button', { name: /^Execute/ }).click();
  await answer().getByText('releasesByGenre').first().waitFor();
  await look('console', 1440);
  assert.deepEqual(page.faults, []);
});

test('the documentation of the schema is at hand', async () => {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByRole('link', { name: 'Query', exact: true }).or(page.locator('.graphiql-doc-explorer a', { hasText: /^Query$/ })).first().click();
  await page.getByText('Movies, by id unless ordered otherwise').first().waitFor();
  await look('console-docs', 1440);
  assert.deepEqual(page.faults, []);
});

test('what is wrong is marked while it is typed, by workers of this server', async () => {
  const editor = page.locator('.graphiql-query-editor');
  await editor.locator('.view-lines').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{ nothing }');
  await editor.locator('.squiggly-error').first().waitFor();
  assert.ok(page.workers().length > 0);
  for (const worker of page.workers()) assert.ok(worker.url().startsWith(`${server.url}/assets/console/`), worker.url());
  assert.deepEqual(page.faults, []);
});

test('a phone shows one thing at a time', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  await page.getByRole('button', { name: 'Show Examples' }).or(page.getByRole('button', { name: 'Hide Examples' })).first().waitFor();
  if (await example('Budget').count() === 0) await page.getByRole('button', { name: 'Show Examples' }).click();
  await look('console-examples', 390);
  await page.setViewportSize({ width: 390, height: 844 });
  await example('Most popular genre of each year').click();
  await page.getByRole('button', { name: /^Execute/ }).click();
  await answer().getByText('popularGenres').first().waitFor();
  await look('console', 390);
  assert.deepEqual(page.faults, []);
});

test('around the console the page is like every other', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.to('/console');
  await execute();
  // The path leads into the frame, whose element itself stays under test.
  await lookAround(page, 'console-framed', THIRD_PARTY.map((part) => ['iframe', part]));
  assert.deepEqual(page.faults, []);
});

test('the UI leads to the console and back, in the theme that was chosen', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(server.url);
  await page.evaluate(() => localStorage.setItem('marquee-theme', 'dark'));
  await page.getByRole('link', { name: 'Console' }).click();
  await page.waitForURL('**/console');
  const framed = page.frameLocator('iframe[title="GraphQL console"]');
  await framed.locator('body.graphiql-dark').waitFor();
  // The frame fills the page: nothing is below it that would scroll it away under the pointer.
  assert.ok(await page.evaluate(() => document.scrollingElement.scrollHeight <= window.innerHeight));
  await framed.getByRole('link', { name: 'Marquee' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  assert.deepEqual(page.faults, []);
});

test('a session that has ended leads to the sign-in', async () => {
  await page.goto(`${server.url}/console`);
  const run = await execute();
  await page.request.post(`${server.url}/graphql`, { data: { query: 'mutation { logout }' } });
  // The page around the console may have been told by its socket, and have left, before the click.
  await Promise.race([run.click(), page.waitForURL('**/login*')]);
  await page.waitForURL('**/login?next=%2Fconsole');
});
