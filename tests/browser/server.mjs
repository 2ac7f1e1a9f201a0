// A server of the test's own: its stores in a temporary folder, on any free port.
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
const binary = process.env.MARQUEE_BINARY ?? join(root, 'target/debug/marquee');

export const password = 'correct horse battery';

/** The folder of the real movie files, or null (with a note) where they are absent. */
export function realData() {
  const folder = process.env.MARQUEE_TEST_DATA ?? resolve(root, '../shared/data');
  if (existsSync(folder)) return folder;
  console.log(`${folder} is absent: a sample takes the data set's place`);
  return null;
}

export class Server {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'marquee-browser-'));
    this.inbox = join(this.folder, 'inbox');
    mkdirSync(this.inbox);
    this.environment = {
      ...process.env,
      MARQUEE_DATABASE_URL: `sqlite://${join(this.folder, 'marquee.db')}`,
      MARQUEE_ARCHIVE_URL: join(this.folder, 'archive'),
      MARQUEE_INBOX: this.inbox,
      MARQUEE_LISTEN: '127.0.0.1:0',
      MARQUEE_ADMIN_PASSWORD: password,
      MARQUEE_LOG: 'warn',
    };
  }

  /** Starts it, the second time where it was before; resolves once it answers. */
  async start() {
    this.process = spawn(binary, ['serve'], { cwd: this.folder, env: this.environment });
    this.process.stderr.pipe(process.stderr);
    let said = '';
    this.process.stdout.setEncoding('utf8');
    this.address = await new Promise((settle, fail) => {
      this.process.stdout.on('data', (text) => {
        said += text;
        const found = /http:\/\/(127\.0\.0\.1:\d+)\//.exec(said);
        if (found) settle(found[1]);
      });
      this.process.on('exit', (code) => fail(new Error(`the server ended with ${code}: ${said}`)));
    });
    this.environment.MARQUEE_LISTEN = this.address;
    this.url = `http://${this.address}`;
  }

  async stop() {
    const ended = new Promise((settle) => this.process.once('exit', settle));
    this.process.kill('SIGTERM');
    await ended;
  }

  async close() {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Runs a command on the same stores. */
  command(args, input = '') {
    return execFileSync(binary, args, { cwd: this.folder, env: this.environment, input, encoding: 'utf8' });
  }
}
