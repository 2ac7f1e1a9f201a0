// The guide's examples do what it says: each language's are run as one session, and print what stands beneath them.
// With UPDATE=1 what they print is written into the guide instead.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, password, root } from '../browser/server.mjs';

const path = join(root, 'docs/api.md');
const server = new Server();

before(async () => {
  server.command(['sample', '--rows', '5000', '--seed', '1', '--out', 'movies_metadata.csv']);
  server.command(['ingest', 'movies_metadata.csv']);
  await server.start();
});

after(() => server.close());

/** The examples of a language, in order: where each begins, its code, and what it prints where that is told. */
function examples(guide, language) {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`\\n(?:(\`\`\`(?:json|text)\\n)(.*?)^\`\`\`\\n)?`, 'gms');
  return [...guide.matchAll(block)].map((found) => ({
    line: guide.slice(0, found.index).split('\n').length,
    code: found[1],
    json: found[2]?.includes('json'),
    printed: found[3],
    at: found[3] === undefined ? undefined : found.index + found[0].length - found[3].length - '```\n'.length,
  }));
}

/** What was printed, without empty lines around it and spaces at the ends of lines. */
const tidy = (text) => text.replace(/[ \t\r]+$/gm, '').replace(/^\n+|\n+$/g, '');

/** Runs a language's examples as one program that prints a mark after each. */
function check(language, mark, run) {
  const guide = readFileSync(path, 'utf8');
  const all = examples(guide, language);
  assert.ok(all.length > 3, `${all.length} examples`);
  const folder = join(server.folder, language);
  mkdirSync(folder);
  const program = join(folder, `guide.${language === 'js' ? 'mjs' : language}`);
  writeFileSync(program, all.map(({ code }) => `${code}\n${mark}\n`).join(''));
  const [command, ...args] = run;
  const { status, stdout, stderr, error } = spawnSync(command, [...args, program], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, MARQUEE_URL: server.url, MARQUEE_NAME: 'admin', MARQUEE_PASSWORD: password, TZ: 'UTC' },
  });
  const printed = stdout.split('\u0001').slice(0, -1);
  const failed = all[printed.length]?.line;
  assert.equal(status, 0, `the example at line ${failed}: ${error ?? ''}${stderr}`);
  if (process.env.UPDATE) {
    let updated = guide;
    for (const [index, { printed: old, at }] of [...all.entries()].reverse()) {
      if (at !== undefined) updated = `${updated.slice(0, at)}${tidy(printed[index])}\n${updated.slice(at + old.length)}`;
    }
    writeFileSync(path, updated);
    return;
  }
  for (const [index, example] of all.entries()) {
    if (example.printed === undefined) continue;
    // The fields of an object may come in any order.
    const told = (text) => (example.json ? JSON.parse(text) : tidy(text));
    assert.deepEqual(told(printed[index]), told(example.printed), `the example at line ${example.line}`);
  }
}

test('the examples for curl', () => check('sh', "printf '\\001'", ['bash', '-euo', 'pipefail']));

test('the examples for Python', (t) => {
  const python = process.env.MARQUEE_TEST_PYTHON ?? join(root, 'target/test-venv/bin/python');
  const works = existsSync(python) && spawnSync(python, ['-c', 'import requests, pandas']).status === 0;
  if (!works) return t.skip('no Python with requests and pandas');
  check('python', 'print("\\x01", end="", flush=True)', [python]);
});

test('the examples for JavaScript', () => check('js', "process.stdout.write('\\x01');", [process.execPath]));
