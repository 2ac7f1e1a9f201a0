// An analyst's questions: companies, genres and movies, now and then, and where every number comes from.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn, value } from './browser.mjs';
import { Server, realData } from './server.mjs';

const data = realData();
const server = new Server();
let browser, page;

/** A movie whose title a spreadsheet would take for a formula, and one that a rule has touched. */
const second = `adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,video,vote_average,vote_count
False,,31000000,"[{'id': 16, 'name': 'Animation'}]",,862,tt0114709,en,Toy Story,"A boy, his ""toys"" and a rival.",22.5,,"[{'name': 'Pixar Animation Studios', 'id': 3}]","[{'iso_3166_1': 'US', 'name': 'United States of America'}]",1995-10-30,373554033,81.0,"[{'iso_639_1': 'en', 'name': 'English'}, {'iso_639_1': 'xx', 'name': ''}]",Released,,Toy Story,False,7.7,5416
False,,,"[{'id': 18, 'name': 'Drama'}]",,990000001,,is,=1+1,Nothing.,0.5,,[],"[{'iso_3166_1': 'IS', 'name': 'Iceland'}]",2001-01-01,,90.0,[],Released,,=1+1,False,5.0,1
`;

before(async () => {
  await server.start();
  const first = join(server.folder, 'movies_metadata.csv');
  if (data) copyFileSync(join(data, 'movies-dataset/movies_metadata.45k.csv'), first);
  else server.command(['sample', '--rows', '45000', '--out', first]);
  writeFileSync(join(server.folder, 'second.csv'), second);
  server.command(['ingest', 'movies_metadata.csv']);
  server.command(['ingest', 'second.csv']);
  browser = await launch();
  page = await open(browser, server, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(server.url);
  await signIn(page);
  await page.getByTestId('viewer').waitFor();
});

after(async () => {
  await browser?.close();
  await server.close();
});

/** What the API says, asked as the page would. */
const ask = (query, variables = {}, who = page) => who.evaluate(async (body) => {
  const headers = { 'content-type': 'application/json', 'x-marquee-csrf': '1' };
  const answer = await (await fetch('/graphql', { method: 'POST', headers, body })).json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}, JSON.stringify({ query, variables }));

const rows = (mark) => page.locator(`tr[${mark}]`);
/** Waits until the first rows of a list are these, in this order. */
const first = async (mark, ids) => {
  const wanted = JSON.stringify(ids);
  await page.waitForFunction(([mark, wanted, count]) => JSON.stringify(
    [...document.querySelectorAll(`tr[${mark}]`)].slice(0, count).map((row) => row.getAttribute(mark))) === wanted,
  [mark, wanted, ids.length]);
};
const saved = async (click) => {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
};
const lines = (text) => text.split('\r\n').filter(Boolean);
const tools = (name) => page.getByRole('button', { name, exact: true }).or(page.getByRole('link', { name, exact: true }));
const copied = async (button) => {
  await button.click();
  await page.getByText('Copied').first().waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
};

test('all movies scroll, and only those near are in the page', async () => {
  const { movies } = await ask('{ movies(first: 3, orderBy: [{field: POPULARITY, direction: DESC}]) { totalCount nodes { id } } }');
  await page.to('/movies');
  await first('data-movie-id', movies.nodes.map(({ id }) => id));
  const table = page.getByRole('region', { name: 'Movies' });
  assert.equal(await table.locator('table').getAttribute('aria-rowcount'), String(movies.totalCount + 1));
  await look(page, 'movies');
  await table.evaluate((node) => node.scrollTo(0, node.scrollHeight));
  await table.locator(`tr[aria-rowindex="${movies.totalCount + 1}"]`).waitFor();
  assert.ok(await rows('data-movie-id').count() < 200, 'rows far away are left out');
  await table.evaluate((node) => node.scrollTo(0, node.scrollHeight / 2));
  await page.waitForFunction((middle) => {
    const row = document.querySelector('tr[data-movie-id]');
    return Math.abs(Number(row?.getAttribute('aria-rowindex')) - middle) < 200 && !document.querySelector('tr.waiting');
  }, movies.totalCount / 2);
  assert.deepEqual(page.faults, []);
});

test('filters and sort are in the URL, and mean what the API means', async () => {
  await page.to('/movies');
  await page.getByLabel('From year').fill('1994');
  await page.getByLabel('To year').fill('1996');
  await page.waitForURL('**to=1996**');
  await page.getByLabel('Genre').selectOption({ label: 'Animation' });
  await page.getByLabel('Country').selectOption('US');
  await page.getByLabel('Known').selectOption({ label: 'Budget and revenue' });
  await page.getByRole('link', { name: 'Profit' }).click();
  await page.waitForURL(/sort=PROFIT/);
  const { movies } = await ask(`{ movies(first: 5, orderBy: [{field: PROFIT, direction: DESC}], filter: {
    year: {gte: 1994, lte: 1996}, genres: {some: {id: {eq: "16"}}}, countries: {some: {code: {eq: "US"}}},
    budget: {isNull: false}, revenue: {isNull: false} }) { totalCount nodes { id } } }`);
  await first('data-movie-id', movies.nodes.map(({ id }) => id));
  const address = new URL(page.url());
  assert.deepEqual(Object.fromEntries(address.searchParams), {
    from: '1994', to: '1996', genre: '16', country: 'US', known: 'both', sort: 'PROFIT', dir: 'desc',
  });
  await page.reload();
  await settled(page);
  await first('data-movie-id', movies.nodes.map(({ id }) => id));
  assert.equal(await page.getByLabel('Genre').inputValue(), '16');
  assert.equal(await page.getByLabel('Known').inputValue(), 'both');
  await look(page, 'movies-filtered');
  // REST knows no countries, so the page makes the CSV itself, of all rows.
  const { name, text } = await saved(() => tools('CSV').first().click());
  assert.equal(name, 'movies.csv');
  assert.equal(lines(text).length, movies.totalCount + 1);
  assert.deepEqual(lines(text).slice(1, 6).map((line) => line.split(',')[0]), movies.nodes.map(({ id }) => id));
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await page.waitForURL((url) => !url.searchParams.has('genre'));
  assert.equal(new URL(page.url()).searchParams.get('sort'), 'PROFIT');
  assert.equal(await page.getByLabel('From year').inputValue(), '');
  assert.deepEqual(page.faults, []);
});

test('a search finds words, and its CSV holds no formulas', async () => {
  await page.to('/movies');
  await page.getByLabel('Title').fill('toy story');
  const { movies } = await ask('{ movies(filter: {search: "toy story"}, orderBy: [{field: POPULARITY, direction: DESC}]) { nodes { id } } }');
  await first('data-movie-id', movies.nodes.map(({ id }) => id));
  await page.to('/movies?country=IS&from=2001&to=2001');
  await rows('data-movie-id').first().waitFor();
  const made = await saved(() => tools('CSV').first().click());
  assert.match(made.text, /^990000001,'=1\+1,2001-01-01,,,,0.5\r$/m);
  await page.to('/movies?language=is&from=2001&to=2001');
  await rows('data-movie-id').first().waitFor();
  assert.match(await tools('CSV').first().getAttribute('href'), /^\/api\/v1\/movies\.csv\?/);
  const rest = await saved(() => tools('CSV').first().click());
  assert.match(rest.text, /^990000001,'=1\+1,/m);
  await page.to('/movies?q=there+is+no+such+title');
  await page.getByText('No movies here').waitFor();
  await look(page, 'movies-none');
  assert.deepEqual(page.faults, []);
});

test('companies are found by what they made', async () => {
  await page.to('/companies');
  await rows('data-company-id').first().waitFor();
  await look(page, 'companies');
  await page.getByLabel('At least').fill('100');
  await page.getByLabel('With a movie of genre').selectOption({ label: 'Animation' });
  const { companies } = await ask(`{ companies(first: 5, orderBy: [{field: MOVIE_COUNT, direction: DESC}], filter: {
    movieCount: {gte: 100}, movies: {some: {genres: {some: {id: {eq: "16"}}}}} }) { totalCount nodes { id } } }`);
  await first('data-company-id', companies.nodes.map(({ id }) => id));
  await page.waitForURL((url) => url.searchParams.size === 2);
  const { text } = await saved(() => tools('CSV').first().click());
  assert.equal(lines(text).length, companies.totalCount + 1);
  await page.to('/companies');
  assert.match(await tools('CSV').first().getAttribute('href'), /companies\.csv\?order=-movieCount/);
  assert.deepEqual(page.faults, []);
});

test('a company shows its years in charts, tables and words', async () => {
  const { company, movieStats } = await ask(`{ company(id: 3) { name years { year revenue budget profit movieCount } }
    movieStats(filter: {companies: {some: {id: {eq: "3"}}}}) { nodes { movieCount revenue { sum } profit { sum } } } }`);
  await page.to('/companies/3');
  const [all] = movieStats.nodes;
  assert.equal(await value(page, 'total-movies'), String(all.movieCount));
  assert.equal(await value(page, 'total-revenue'), String(all.revenue.sum ?? ''));
  assert.equal(await value(page, 'total-profit'), String(all.profit.sum ?? ''));
  assert.equal(await rows('data-year').count(), company.years.length);
  await look(page, 'company');
  const chart = page.getByRole('group', { name: /^Budget, revenue and profit/ });
  await chart.focus();
  await page.keyboard.press('End');
  const last = company.years.at(-1);
  const dollars = (amount) => (amount === null ? '—' : new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 }).format(amount));
  const tip = page.locator('.chart-tip');
  await tip.getByText(String(last.year)).waitFor();
  assert.deepEqual(await tip.locator('dd').allTextContents(), [last.revenue, last.budget, last.profit].map(dollars));
  await page.screenshot({ path: 'target/screenshots/company-tip.png' });
  await page.keyboard.press('ArrowLeft');
  await tip.getByText(String(company.years.at(-2).year)).waitFor();
  await page.keyboard.press('Escape');
  await tip.waitFor({ state: 'detached' });
  const figure = page.locator('figure', { has: chart });
  assert.match(await figure.locator('.chart-summary').textContent(), new RegExp(`${company.years[0].year} to ${last.year}`));
  await figure.getByRole('button', { name: /^Table/ }).click();
  assert.equal(await page.locator('.chart-table tbody tr').count(), company.years.length);
  const { name, text } = await saved(() => page.locator('figure').first().getByRole('button', { name: 'CSV' }).click());
  assert.equal(name, 'budget-revenue-and-profit.csv');
  assert.equal(lines(text)[0], 'year,Revenue,Budget,Profit');
  assert.equal(lines(text).at(-1), [last.year, last.revenue, last.budget, last.profit].map((cell) => cell ?? '').join(','));
  const years = await saved(() => page.locator('section', { hasText: 'By year of release' }).getByRole('link', { name: 'CSV' }).click());
  assert.equal(lines(years.text).length, company.years.length + 1);
  await rows('data-movie-id').first().waitFor();
  assert.deepEqual(page.faults, []);
});

test('genres have their share, and each year its most popular one', async () => {
  const { movieStats, totals, popularGenres } = await ask(`{ totals { movies }
    movieStats(groupBy: [GENRE], knownOnly: true, filter: {genres: {some: {id: {eq: "18"}}}}) { nodes { genre { id } movieCount } }
    popularGenres(by: TOTAL, minMovies: 10) { year genre { id } } }`);
  const drama = movieStats.nodes.find(({ genre }) => genre.id === '18');
  await page.to('/genres?by=total&min=10');
  const row = page.locator('tr[data-genre-id="18"]');
  assert.equal(await row.locator('[data-field="movieCount"]').getAttribute('data-value'), String(drama.movieCount));
  const share = Number(await row.locator('[data-field="share"]').getAttribute('data-value'));
  assert.ok(Math.abs(share - drama.movieCount / totals.movies) < 1e-9, `${share}`);
  const shown = await rows('data-year').evaluateAll((rows) => rows.map((row) => [
    Number(row.dataset.year), row.querySelector('[data-field="genre"]').dataset.value]));
  assert.deepEqual(shown.reverse(), popularGenres.map(({ year, genre }) => [year, genre.id]));
  await look(page, 'genres');
  await row.getByRole('link').click();
  await page.waitForURL('**/genres/18');
  await settled(page);
  assert.equal(await value(page, 'total-movies'), String(drama.movieCount));
  await page.getByRole('group', { name: /^Share of the year/ }).waitFor();
  await look(page, 'genre');
  assert.deepEqual(page.faults, []);
});

test('genres are searched, filtered and sorted in the address', async () => {
  const { genres, movieStats } = await ask(`{ genres(filter: {name: {contains: "m"}, movieCount: {gte: 100}}) { id }
    movieStats(groupBy: [GENRE], knownOnly: true, orderBy: [{field: REVENUE, direction: DESC}]) { nodes { genre { id } movieCount } } }`);
  const wanted = movieStats.nodes.filter((row) => genres.some(({ id }) => id === row.genre.id));
  assert.ok(wanted.length > 1 && wanted.length < movieStats.nodes.length);
  const ids = (rows) => rows.map(({ genre }) => genre.id);
  await page.to('/genres');
  const header = (name) => page.getByRole('region', { name: 'Genres', exact: true }).getByRole('columnheader', { name });
  assert.equal(await header('Movies').getAttribute('aria-sort'), 'descending');
  await page.getByRole('searchbox', { name: 'Name' }).fill('m');
  await page.waitForURL('**q=m**');
  await page.getByLabel('At least … movies').fill('100');
  await page.waitForURL('**least=100**');
  await page.waitForFunction((count) => document.querySelectorAll('tr[data-genre-id]').length === count, wanted.length);
  await header('Revenue').getByRole('link').click();
  await page.waitForURL('**sort=REVENUE&dir=desc**');
  await first('data-genre-id', ids(wanted));
  await page.reload();
  await settled(page);
  await first('data-genre-id', ids(wanted));
  assert.equal(await header('Revenue').getAttribute('aria-sort'), 'descending');
  await look(page, 'genres-found');
  const { text } = await saved(() => page.getByRole('button', { name: 'CSV', exact: true }).first().click());
  assert.deepEqual(lines(text).slice(1).map((line) => line.split(',')[0]), ids(wanted));
  await page.getByRole('searchbox', { name: 'Name' }).fill('there is no such genre');
  await page.getByText('No genres like that').waitFor();
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await first('data-genre-id', ids(movieStats.nodes));
  assert.deepEqual(page.faults, []);
});

test('a value leads to its bytes, its rules and its history', async () => {
  await page.to('/movies/862');
  await look(page, 'movie');
  await page.getByRole('link', { name: 'Budget', exact: true }).click();
  await page.waitForURL('**/movies/862?value=budget');
  const mark = page.getByTestId('lineage-raw').locator('mark');
  await mark.waitFor();
  assert.deepEqual(await mark.allTextContents(), ['31000000']);
  assert.match(await page.getByTestId('whence-answer').textContent(), /column budget of line 2 of second\.csv, which says 31000000/);
  assert.equal(await page.getByTestId('lineage-raw').textContent(), second.split('\n')[1]);
  assert.deepEqual(await page.locator('[data-testid="history"] > li').evaluateAll((items) => items.map((item) => item.dataset.version)), data ? ['2', '1'] : ['2']);
  await look(page, 'movie-budget');
  await page.to('/movies/862?value=profit');
  await mark.first().waitFor();
  assert.deepEqual(await mark.allTextContents(), ['31000000', '373554033']);
  await page.to('/movies/862?value=languages');
  await page.getByTestId('touched').getByText('invalid_element').or(page.getByTestId('touched').getByText('lacks a key or a name')).first().waitFor();
  await look(page, 'movie-languages');
  await page.to('/movies/862?value=overview');
  await mark.first().waitFor();
  assert.deepEqual(await mark.allTextContents(), ['"A boy, his ""toys"" and a rival."']);
  const { text } = await saved(() => page.locator('section', { has: page.getByTestId('history') }).getByRole('button', { name: 'CSV' }).click());
  assert.equal(lines(text)[0], 'version,kind,run,at,field,before,after');
  if (data) assert.match(text, /^2,updated,2,[^,]+,budget,30000000,31000000\r$/m);
  assert.deepEqual(page.faults, []);
});

test('the past is shown as such, and left again', async (t) => {
  if (!data) return t.skip('the data set is absent');
  await page.to('/movies/862');
  assert.equal(await value(page, 'budget'), '31000000');
  await page.getByLabel('As of').selectOption('1');
  await page.waitForURL('**/movies/862?asOf=1');
  await page.getByTestId('past').getByText('data version 1').waitFor();
  await page.locator('[data-testid="budget"][data-value="30000000"]').waitFor();
  await page.getByText('kept only as they are now').waitFor();
  await look(page, 'movie-past');
  await page.getByRole('link', { name: 'Pixar Animation Studios' }).click();
  await page.waitForURL('**/companies/3?asOf=1');
  await settled(page);
  const { company } = await ask('{ company(id: 3, asOf: 1) { years { year budget } } }');
  const then = company.years.find(({ year }) => year === 1995).budget;
  await page.locator(`tr[data-year="1995"] [data-field="budget"][data-value="${then}"]`).waitFor();
  await look(page, 'company-past');
  await page.getByRole('link', { name: 'Back to now' }).click();
  await page.waitForURL('**/companies/3');
  await page.locator('tr[data-year="1995"] [data-field="budget"]:not([data-value="30000000"])').waitFor();
  assert.equal(await page.getByTestId('past').count(), 0);
  await page.to('/movies?asOf=1&q=%3D1');
  await page.getByText('No movies here').waitFor();
  await page.to('/genres?asOf=1');
  await page.getByTestId('past').waitFor();
  assert.deepEqual(page.faults, []);
});

test('every view can be copied as GraphQL that gives the same', async () => {
  await page.to('/movies?genre=18&sort=REVENUE&dir=desc');
  await rows('data-movie-id').first().waitFor();
  const text = await copied(page.getByRole('button', { name: 'Copy as GraphQL' }));
  const [query, comment] = text.split('# Variables:');
  const variables = JSON.parse(comment.replaceAll(/^# ?/gm, ''));
  const { movies } = await ask(query, variables);
  await first('data-movie-id', movies.nodes.slice(0, 5).map(({ id }) => id));
  for (const path of ['/companies', '/companies/3', '/genres', '/genres/18', '/movies/862']) {
    await page.to(path);
    const text = await copied(page.getByRole('button', { name: 'Copy as GraphQL' }).first());
    const [query, comment] = text.split('# Variables:');
    assert.ok(await ask(query, comment ? JSON.parse(comment.replaceAll(/^# ?/gm, '')) : {}), path);
  }
  assert.deepEqual(page.faults, []);
});

test('a long list stays where it is when the mart changes, and offers the newest version', async () => {
  let { dataVersion: { version } } = await ask('{ dataVersion { version } }');
  /** Merges one more movie, the most popular of all so far. */
  const merge = () => {
    version += 1;
    const [header] = second.split('\n');
    const cells = `False,,,[],,${990000100 + version},,en,Newest,Nothing.,${90000 + version}.0,,[],[],2001-01-01,,90.0,[],Released,,Newest,False,5.0,1`;
    writeFileSync(join(server.folder, 'newest.csv'), `${header}\n${cells}\n`);
    server.command(['ingest', 'newest.csv']);
    return String(990000100 + version);
  };
  const offer = () => page.getByTestId('moved-on').getByRole('button');
  await page.to('/movies');
  await rows('data-movie-id').first().waitFor();
  const table = page.getByRole('region', { name: 'Movies' });
  await table.evaluate((node) => node.scrollTo(0, 2_000));
  const id = merge();
  await offer().waitFor();
  assert.equal(await offer().textContent(), `Show version ${version}`);
  assert.equal(await table.evaluate((node) => node.scrollTop), 2_000);
  await look(page, 'movies-moved-on');
  await offer().click();
  await first('data-movie-id', [id]);
  await offer().waitFor({ state: 'detached' });
  assert.ok(await table.evaluate((node) => node === document.activeElement), 'the focus goes on in the table');
  await page.to('/companies');
  await rows('data-company-id').first().waitFor();
  merge();
  await offer().click();
  await offer().waitFor({ state: 'detached' });
  // The past is what it was.
  await page.to('/movies?asOf=1');
  await rows('data-movie-id').first().waitFor();
  merge();
  await page.locator('select[name=asOf] option', { hasText: `Now · version ${version}` }).waitFor({ state: 'attached' });
  assert.equal(await offer().count(), 0);
  assert.deepEqual(page.faults, []);
});

test("figures and times are in the reader's locale and zone", async () => {
  const german = await open(browser, server, { locale: 'de-DE', timezoneId: 'America/Los_Angeles' });
  await german.goto(server.url);
  await signIn(german);
  await german.getByTestId('viewer').waitFor();
  /** What the browser itself makes of a value for that reader. */
  const number = (value, options) => german.evaluate(([value, options]) => new Intl.NumberFormat('de-DE', options).format(value), [value, options]);
  const time = (instant, options) => german.evaluate(([instant, options]) => new Intl.DateTimeFormat('de-DE', { ...options, timeZone: 'America/Los_Angeles' }).format(new Date(instant)), [instant, options]);
  const { dataVersions, movies } = await ask('{ dataVersions { nodes { version mergedAt } } movies { totalCount } }');
  await german.to('/companies/3');
  const revenue = german.getByTestId('total-revenue');
  const exact = Number(await revenue.getAttribute('data-value'));
  assert.match(await revenue.textContent(), /^\$\d{1,3}(,\d{1,2})? [KMB]$/);
  assert.equal(await revenue.locator('.num').getAttribute('title'), await number(exact, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', maximumFractionDigits: 0 }));
  const drawn = await german.locator('.tick, .chart-summary').allTextContents();
  assert.ok(drawn.some((text) => /\d,\d\d/.test(text)), drawn.join(' '));
  assert.deepEqual(drawn.filter((text) => /\d\.\d/.test(text)), []);
  await german.to('/movies');
  await german.locator('.window-place').getByText(await number(movies.totalCount), { exact: false }).waitFor();
  const [, older] = dataVersions.nodes;
  const moment = await time(older.mergedAt, { dateStyle: 'medium', timeStyle: 'short' });
  await german.locator('select[name=asOf] option', { hasText: `Version ${older.version} · ${moment}` }).waitFor({ state: 'attached' });
  await german.to('/runs/1');
  const begun = german.locator('main time[title]').first();
  assert.equal(await begun.getAttribute('title'), await time(await begun.getAttribute('datetime'), { dateStyle: 'medium', timeStyle: 'long' }));
  assert.deepEqual(german.faults, []);
  await german.context().close();
});

test('what there is not is said', async () => {
  for (const [path, words] of [['/movies/999999999', 'no movie'], ['/companies/999999999', 'no company'], ['/genres/999999999', 'no genre']]) {
    await page.to(path);
    await page.getByText(words).first().waitFor();
  }
  await page.to('/movies?asOf=99');
  await page.getByRole('alert').first().waitFor();
  await look(page, 'movies-no-version');
  page.faults.length = 0;
});

test('a viewer sees all of it but what rules did', async () => {
  server.command(['user', 'add', 'vera', '--role', 'viewer'], 'a long password\n');
  const viewer = await open(browser, server);
  await viewer.goto(server.url);
  await signIn(viewer, 'vera', 'a long password');
  await viewer.getByTestId('viewer').getByText('vera').waitFor();
  await viewer.to('/movies/862?value=budget');
  await viewer.getByTestId('lineage-raw').locator('mark').waitFor();
  await viewer.getByText('What rules did to it is for those').waitFor();
  await viewer.to('/companies/3');
  await viewer.locator('tr[data-year]').first().waitFor();
  assert.deepEqual(viewer.faults, []);
});
