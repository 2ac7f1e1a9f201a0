// Those who look after Marquee: the trail, users and roles, tokens, the system; and everybody's own account.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch, look, open, settled, signIn, value } from './browser.mjs';
import { Server, password } from './server.mjs';

const server = new Server();
const secret = 'a long password';
let browser, page;

before(async () => {
  await server.start();
  for (const role of ['viewer', 'operator']) server.command(['user', 'add', role, '--role', role], `${secret}\n`);
  browser = await launch();
  page = await signedIn('admin', password);
});

after(async () => {
  await browser?.close();
  await server.close();
});

async function signedIn(name, secret) {
  const page = await open(browser, server);
  await page.goto(server.url);
  await signIn(page, name, secret);
  await page.getByTestId('viewer').getByText(name).first().waitFor();
  return page;
}

/** What the API says to the person at the page. */
const ask = (page, query) => page.evaluate(async (query) => {
  const headers = { 'content-type': 'application/json', 'x-marquee-csrf': '1' };
  const answer = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  return answer.json();
}, query);

/** The dialog that is open. */
const dialog = (of = page) => of.locator('dialog[open]');
const answer = (verb, of = page) => dialog(of).getByRole('button', { name: verb, exact: true }).click();
const closed = (of = page) => dialog(of).waitFor({ state: 'detached' }).catch(() => dialog(of).waitFor({ state: 'hidden' }));
/** The question before what was entered is thrown away. */
const discard = (of = page) => of.getByRole('alertdialog', { name: 'Discard what you have entered?' });
const keepEditing = async (of = page) => {
  await of.keyboard.press('Escape');
  await discard(of).getByRole('button', { name: 'Keep editing' }).click();
  await discard(of).waitFor({ state: 'hidden' });
};
const refusal = (of = page) => dialog(of).getByRole('alert');

test('a user is made, with the server’s reasons where it refuses', async () => {
  await page.to('/users');
  await page.locator('tr[data-user="admin"]').waitFor();
  await look(page, 'users');
  await page.getByRole('button', { name: 'New user' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('ada');
  await dialog().getByLabel('Password').fill('short');
  await keepEditing();
  await answer('Create');
  await refusal().getByText('at least 12 characters').waitFor();
  await look(page, 'user-new');
  await dialog().getByLabel('Password').fill('correct battery horse');
  await dialog().getByLabel('viewer').check();
  await answer('Create');
  await page.waitForURL('**/users/ada');
  await settled(page);
  const { data } = await ask(page, '{ users(filter: { name: { contains: "ada" } }) { nodes { name roles disabledAt } } }');
  assert.deepEqual(data.users.nodes, [{ name: 'ada', roles: ['viewer'], disabledAt: null }]);
  assert.deepEqual(page.faults, []);
});

test('a user gets other roles, another password, and is kept out', async () => {
  await page.to('/users/ada');
  const ada = await signedIn('ada', 'correct battery horse');
  await page.to('/users/ada');
  await page.locator('tr[data-session]').waitFor();
  await look(page, 'user');
  await page.getByRole('button', { name: 'Change roles' }).click();
  await dialog().getByLabel('viewer').uncheck();
  await dialog().getByLabel('operator').check();
  await answer('Save');
  await page.getByTestId('user-roles').getByText('operator').waitFor();
  await closed();
  await page.locator('tr[data-session]').getByRole('button', { name: 'End' }).click();
  await answer('End session');
  await page.getByText('Nobody is signed in').waitFor();
  await ada.goto(`${server.url}/runs`);
  await ada.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByRole('button', { name: 'Set password' }).click();
  await dialog().getByLabel('New password').fill('another long password');
  await answer('Set password');
  await closed();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await answer('Disable');
  await page.getByTestId('user-state').getByText('disabled').waitFor();
  await signIn(ada, 'ada', 'another long password');
  await ada.getByTestId('login-error').waitFor();
  await page.getByRole('button', { name: 'Enable', exact: true }).click();
  await answer('Enable');
  await page.getByTestId('user-state').getByText('may sign in').waitFor();
  await signIn(ada, 'ada', 'another long password');
  await ada.getByTestId('viewer').getByText('ada').first().waitFor();
  await ada.context().close();
  assert.deepEqual(page.faults, []);
});

test('the last administrator stays one', async () => {
  await page.to('/users/admin');
  await page.getByRole('button', { name: 'Change roles' }).click();
  await dialog().getByLabel('admin').uncheck();
  await answer('Save');
  await refusal().getByText('this is the last user with the role admin').waitFor();
  await answer('Cancel');
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await answer('Disable');
  await refusal().getByText('last user with the role admin').waitFor();
  await look(page, 'user-refused');
  await answer('Cancel');
  const { data } = await ask(page, '{ viewer { roles } }');
  assert.deepEqual(data.viewer.roles, ['admin']);
  assert.deepEqual(page.faults, []);
});

test('users are found by name, role and state, in the address', async () => {
  await page.to('/users?role=operator');
  await page.locator('tr[data-user="operator"]').waitFor();
  const names = () => page.locator('tr[data-user]').evaluateAll((rows) => rows.map((row) => row.dataset.user));
  assert.deepEqual(await names(), ['ada', 'operator']);
  await page.getByLabel('Name contains').fill('oper');
  await page.waitForURL('**/users?*q=oper*');
  await page.locator('tr[data-user="ada"]').waitFor({ state: 'detached' });
  assert.deepEqual(await names(), ['operator']);
  await page.to('/users?state=disabled');
  await page.getByText('No user like this').waitFor();
  assert.deepEqual(page.faults, []);
});

test('roles are a matrix; one’s own are made, changed and deleted', async () => {
  await page.to('/users?tab=roles');
  const column = (name) => page.locator(`th[data-role="${name}"]`);
  await column('admin').waitFor();
  await look(page, 'roles');
  const { data } = await ask(page, '{ roles { name permissions } }');
  for (const { name, permissions } of data.roles) {
    const shown = await page.locator(`td[data-role="${name}"][data-value="true"]`).evaluateAll((cells) => cells.map((cell) => cell.closest('tr').dataset.permission));
    assert.deepEqual(shown.sort(), [...permissions].sort(), name);
    assert.equal(await column(name).getByRole('button').count(), 0, `${name} is built in`);
  }
  await page.getByRole('button', { name: 'New role' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('auditor');
  await dialog().getByLabel('data.read').check();
  await dialog().getByLabel('audit.read').check();
  await look(page, 'role-new');
  await answer('Save');
  await column('auditor').waitFor();
  await closed();
  await page.getByRole('button', { name: 'Change role auditor' }).click();
  await dialog().getByLabel('file.read').check();
  await answer('Save');
  await page.locator('tr[data-permission="file.read"] td[data-role="auditor"][data-value="true"]').waitFor();
  await ask(page, 'mutation { updateUser(name: "ada", roles: ["auditor"]) { name } }');
  await page.to('/users?tab=roles');
  await page.getByRole('button', { name: 'Delete role auditor' }).click();
  await answer('Delete');
  await refusal().getByText('the role auditor is in use: 1 users').waitFor();
  await answer('Cancel');
  await ask(page, 'mutation { updateUser(name: "ada", roles: ["viewer"]) { name } }');
  await page.getByRole('button', { name: 'Delete role auditor' }).click();
  await answer('Delete');
  await column('auditor').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
});

test('what was entered is not lost by a slip', async () => {
  await page.to('/users?tab=roles');
  const opener = page.getByRole('button', { name: 'New role' });
  const name = page.getByRole('dialog', { name: 'Role' }).getByLabel('Name', { exact: true });
  const focused = (locator) => locator.evaluate((node) => node === document.activeElement);
  // Where there is nothing to lose, nobody is asked.
  await opener.click();
  await name.waitFor();
  await page.keyboard.press('Escape');
  await closed();
  await opener.click();
  await name.fill('slip');
  // However often: a browser lets pages hold back only so many of its own requests to close.
  for (let nth = 0; nth < 4; nth++) {
    await page.keyboard.press('Escape');
    await discard().waitFor();
    assert.ok(await focused(discard().getByRole('button', { name: 'Keep editing' })));
    await page.keyboard.press('Escape');
    await discard().waitFor({ state: 'hidden' });
    assert.equal(await name.inputValue(), 'slip');
    assert.ok(await focused(name), 'the focus is where it was');
  }
  // Beside the dialog.
  await page.mouse.click(4, 4);
  await discard().waitFor();
  await look(page, 'role-discard');
  await discard().getByRole('button', { name: 'Discard' }).click();
  await closed();
  assert.ok(await focused(opener), 'the focus is where it came from');
  await opener.click();
  assert.equal(await name.inputValue(), '');
  await answer('Cancel');
  await closed();
  assert.deepEqual(page.faults, []);
});

test('a token is made, shown once, used and revoked', async () => {
  const operator = await signedIn('operator', secret);
  await operator.to('/tokens');
  await operator.getByText('No tokens yet').waitFor();
  assert.equal(await operator.getByLabel('Everybody\'s tokens').count(), 0);
  await operator.getByRole('button', { name: 'New token' }).click();
  await dialog(operator).getByLabel('Name').fill('nightly');
  await keepEditing(operator);
  await dialog(operator).getByLabel('Days').fill('500');
  await answer('Make token', operator);
  await refusal(operator).getByText('1 to 365 days').waitFor();
  await dialog(operator).getByLabel('Days').fill('7');
  await answer('Make token', operator);
  const shown = operator.getByTestId('token-secret');
  const token = await shown.textContent();
  assert.match(token, /^mrq_[0-9a-f]{64}$/);
  await dialog(operator).getByText(`Authorization: Bearer ${token}`).waitFor();
  await look(operator, 'token-new');
  await answer('I have it', operator);
  await closed(operator);
  const row = operator.locator('tr[data-token="nightly"]');
  await row.getByText('expires soon').waitFor();
  assert.ok(!(await operator.content()).includes(token), 'the secret is gone');
  const used = () => fetch(`${server.url}/graphql`, { method: 'POST', body: '{"query":"{ viewer { name token } }"}',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
  assert.deepEqual((await (await used()).json()).data.viewer, { name: 'operator', token: 'nightly' });
  await look(operator, 'tokens');
  // Whoever manages users sees it as well.
  await page.to('/tokens');
  assert.equal(await page.locator('tr[data-token]').count(), 0);
  await page.getByLabel('Everybody\'s tokens').check();
  await page.waitForURL('**/tokens?all=yes');
  await page.locator('tr[data-token="nightly"]').getByText('operator').first().waitFor();
  await operator.getByRole('button', { name: 'Revoke nightly' }).click();
  await answer('Revoke', operator);
  await row.getByText('revoked').waitFor();
  assert.equal(await operator.getByRole('button', { name: 'Revoke nightly' }).count(), 0);
  assert.equal((await (await used()).json()).data?.viewer ?? null, null);
  assert.deepEqual(operator.faults, []);
  await operator.context().close();
});

test('one’s own password and sessions are looked after by oneself', async () => {
  const here = await signedIn('viewer', secret);
  const there = await signedIn('viewer', secret);
  await here.to('/account');
  assert.equal(await here.getByTestId('account-name').textContent(), 'viewer');
  await here.locator('tr[data-session]').nth(1).waitFor();
  assert.equal(await here.locator('tr[data-session]').count(), 2);
  await look(here, 'account');
  const [old, next, again] = [here.getByLabel('Present password'), here.getByLabel('New password', { exact: false }).first(), here.getByLabel('New password again')];
  const change = async (words) => {
    for (const [input, text] of [[old, words[0]], [next, words[1]], [again, words[2]]]) await input.fill(text);
    await here.getByRole('button', { name: 'Change password' }).click();
  };
  await change([secret, 'one long password', 'two long passwords']);
  await here.getByRole('alert').getByText('differ').waitFor();
  await change(['not my password', 'one long password', 'one long password']);
  await here.getByRole('alert').getByText('the old password is wrong').waitFor();
  await change([secret, 'viewer viewer', 'viewer viewer']);
  await here.getByRole('alert').getByText('BAD_USER_INPUT').waitFor();
  await change([secret, 'one long password', 'one long password']);
  await here.getByText('Your password is changed').waitFor();
  await here.locator('tr[data-session]').nth(1).waitFor({ state: 'detached' });
  await there.goto(`${server.url}/runs`);
  await there.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn(there, 'viewer', 'one long password');
  await there.getByTestId('viewer').getByText('viewer').first().waitFor();
  await here.to('/account');
  await here.getByRole('button', { name: 'End', exact: true }).click();
  await answer('End session', here);
  await here.locator('tr[data-session]').nth(1).waitFor({ state: 'detached' });
  assert.deepEqual(here.faults, []);
  await here.context().close();
  await there.context().close();
});

test('the trail is narrowed in the address, read in full, and taken along', async () => {
  await page.to('/audit');
  await page.locator('tr[data-event]').first().waitFor();
  await look(page, 'audit');
  await page.getByLabel('Action').fill('user.update');
  await page.waitForURL('**/audit?action=user.update');
  await page.locator('tr[data-event] [data-field="action"][data-value="user.create"]').first().waitFor({ state: 'detached' });
  const { data } = await ask(page, '{ auditEvents(filter: { action: { eq: "user.update" } }, first: 50) { totalCount nodes { id before after previousHash hash } } }');
  const shown = await page.locator('tr[data-event]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.event)));
  assert.deepEqual(shown, data.auditEvents.nodes.map((event) => event.id));
  await page.getByLabel('Outcome').selectOption('done');
  await page.waitForURL('**outcome=done*');
  await settled(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n');
  const done = await ask(page, '{ auditEvents(filter: { action: { eq: "user.update" }, outcome: { eq: DONE } }) { totalCount } }');
  assert.equal(lines.length, done.data.auditEvents.totalCount + 1);
  const first = data.auditEvents.nodes.find((event) => event.before === 'viewer' && event.after === 'operator');
  await page.to('/audit?action=user.update');
  await page.locator(`tr[data-event="${first.id}"] a`).first().click();
  await page.waitForURL(`**/audit/${first.id}`);
  await settled(page);
  const diff = page.getByTestId('event-diff');
  assert.equal((await diff.locator('del').textContent()).trim(), 'viewer');
  assert.equal((await diff.locator('ins').textContent()).trim(), 'operator');
  await page.getByText(first.hash).waitFor();
  await page.getByText(`follows event ${first.id - 1}`).waitFor();
  await look(page, 'audit-event');
  await page.getByRole('link', { name: `Event ${first.id - 1}` }).click();
  await page.waitForURL(`**/audit/${first.id - 1}`);
  await page.getByText(first.previousHash).waitFor();
  await page.to('/audit?outcome=failed&subject=user%20admin');
  await page.locator('tr[data-event]').first().locator('a').first().click();
  await page.getByTestId('event-reason').getByText('last user with the role admin').waitFor();
  await page.to('/audit?subject=nobody-has-this-name');
  await page.getByText('No events like these').waitFor();
  assert.deepEqual(page.faults, []);
});

test('the system tells of its instances and stores', async () => {
  await page.to('/system');
  await page.getByTestId('system-version').waitFor();
  const { data } = await ask(page, '{ system { version instance instances { name alive workers } queue { waiting held } database { engine version } archive { files } } }');
  const { system } = data;
  assert.equal(await page.getByTestId('system-version').textContent(), system.version);
  assert.equal(Number(await value(page, 'instances-alive')), system.instances.filter((one) => one.alive).length);
  assert.equal(Number(await value(page, 'queue-waiting')), system.queue.waiting);
  const row = page.locator(`tr[data-instance="${system.instance}"]`);
  assert.equal(await row.locator('[data-field="workers"]').getAttribute('data-value'), String(system.instances.find((one) => one.name === system.instance).workers));
  await page.getByText(`${system.database.engine} ${system.database.version}`).waitFor();
  for (const path of ['/metrics', '/healthz', '/readyz', '/api/v1/openapi.json']) {
    await page.locator(`main a[href="${path}"]`).waitFor();
    assert.equal(await page.evaluate(async (path) => (await fetch(path)).status, path), 200, path);
  }
  await look(page, 'system');
  assert.deepEqual(page.faults, []);
});

test('whoever may not is told why', async () => {
  const viewer = await signedIn('viewer', 'one long password');
  for (const [path, permission] of [['/audit', 'audit.read'], ['/users', 'user.manage'], ['/users/ada', 'user.manage'], ['/users?tab=roles', 'user.manage'], ['/system', 'system.read']]) {
    await viewer.goto(server.url + path);
    await viewer.getByText('This page is not open to you').waitFor();
    await viewer.locator('main').getByText(permission).waitFor();
  }
  await look(viewer, 'not-open');
  for (const name of ['Audit', 'Users', 'System']) assert.equal(await viewer.getByRole('link', { name, exact: true }).count(), 0, name);
  assert.deepEqual(viewer.faults, []);
});
