import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './children.js';
import { until } from './until.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = process.env.KSFU_BIN ?? join(root, 'bin', 'ksfu');
/** Where logs and pictures of a run are left. */
export const results = join(root, 'bin', 'web-test');

// What a Go program prints when it ends badly, or the race detector when it
// sees a race (which leaves the program running).
const BAD = /^(panic: |fatal error: |WARNING: DATA RACE|goroutine \d+ .*\[running\])/m;

/**
 * Ports free for TCP and UDP alike. All are held until the last is found: one
 * that was let go may be the next that the system gives.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
async function freePorts(count) {
  const ports = [];
  const held = [];
  while (ports.length < count) {
    const tcp = createServer().listen(0);
    await once(tcp, 'listening');
    const address = tcp.address();
    assert(address && typeof address === 'object');
    const udp = createSocket('udp4');
    const free = await new Promise((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(address.port, () => resolve(true));
    });
    held.push(tcp, udp);
    if (free) ports.push(address.port);
  }
  await Promise.all(held.map((one) => new Promise((resolve) => one.close(resolve))));
  return ports;
}

/** A ksfu of its own for one test: own ports, own state, own log. */
export class Server {
  /** @param {string} name of the test, for the log's file name */
  constructor(name) {
    this.name = name.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
    this.token = 'test-token-0123456789abcdef0123456789abcdef';
    this.log = '';
    this.httpPort = 0;
    this.kurentoPort = 0;
    this.mediaPort = 0;
  }

  get kurento() {
    return `ws://127.0.0.1:${this.kurentoPort}/kurento`;
  }

  get http() {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get pid() {
    return this.child?.pid;
  }

  /** @param {Record<string, string>} env beside the test's own */
  async start(env) {
    [this.httpPort, this.kurentoPort, this.mediaPort] = await freePorts(3);
    this.state = mkdtempSync(join(tmpdir(), 'ksfu-test-'));
    this.child = spawn(binary, [], {
      // An empty folder: no .env and no certificate of the caller's is read.
      cwd: this.state,
      env: {
        PATH: process.env.PATH,
        HTTP_PORT: `127.0.0.1:${this.httpPort}`,
        HTTPS_PORT: '0',
        KURENTO_PORT: `127.0.0.1:${this.kurentoPort}`,
        ICE_SINGLE_PORT: String(this.mediaPort),
        KSFU_STATE_DIR: join(this.state, 'state'),
        KSFU_TOKEN: this.token,
        GORACE: 'halt_on_error=0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithUs(this.child);
    this.exit = new Promise((resolve) => this.child?.on('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    }
    const failed = new Promise((_, reject) => {
      this.child?.on('error', (error) => reject(new Error(`${error.message}: make build makes it`)));
      this.child?.on('exit', () => reject(new Error(`${binary} ended:\n${this.log}`)));
    });
    failed.catch(() => {}); // it also ends when the test is over
    const healthy = async () => (await fetch(`${this.http}/health`)).ok;
    await Promise.race([until(`${binary} answers /health`, healthy), failed]);
  }

  /** Ends it and looks back: a clean end, and no panic or race in the log. */
  async stop() {
    this.child?.kill('SIGTERM');
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), 10_000);
    const end = await this.exit;
    clearTimeout(timer);
    mkdirSync(results, { recursive: true });
    const file = join(results, `${this.name}.log`);
    writeFileSync(file, this.log);
    if (this.state) rmSync(this.state, { recursive: true, force: true });
    const bad = BAD.exec(this.log);
    assert(!bad, `the server's log has "${bad?.[0]}": see ${file}`);
    assert.deepEqual(end, { code: 0, signal: null }, `SIGTERM ends the server cleanly (log: ${file})`);
  }
}
