// aiortc (Debian's python3-aiortc) as the far end: a stack that shares no code
// with browsers or with Pion.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './lib/children.js';
import { ask, createEndpoint, link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';
import { until } from './lib/until.js';

const script = fileURLToPath(new URL('aiortc/peer.py', import.meta.url));

/** @param {import('node:test').TestContext} t @param {...string} role */
function python(t, ...role) {
  const child = spawn(process.env.PYTHON ?? '/usr/bin/python3', [script, ...role], { stdio: ['pipe', 'pipe', 'pipe'] });
  endWithUs(child);
  t.after(() => child.stdin.end());
  /** @type {any[]} */
  const said = [];
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line)));
  return {
    said,
    /** @param {any} endpoint */
    async negotiate(endpoint) {
      const { offer } = await until('an offer of aiortc', () => {
        if (child.exitCode !== null) throw new Error(errors);
        return said[0];
      });
      // It takes no candidates later: the answer has to have them all.
      const gathered = new Promise((resolve) => endpoint.on('IceGatheringDone', resolve));
      await ask((done) => endpoint.processOffer(offer, done));
      await ask((done) => endpoint.gatherCandidates(done));
      await gathered;
      const answer = await ask((done) => endpoint.getLocalSessionDescriptor(done));
      child.stdin.write(`${JSON.stringify({ answer })}\n`);
    },
  };
}

test('aiortc publishes, Chromium views', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const viewer = await lab.join(pipeline, await lab.room(), 'viewer', { audio: false });
  const source = await createEndpoint(pipeline);
  await link(source, viewer.endpoint);
  await python(t, 'publish', '2').negotiate(source);
  const seen = await viewer.peer.sees(2, { frames: 30, within: 25_000 });
  assert.equal(seen.colour, 'green');
});

test('two publishers of the same SSRC do not mix', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const viewers = [];
  for (const publisher of [1, 2]) {
    const viewer = await lab.join(pipeline, room, `viewer ${publisher}`, { audio: false });
    const source = await createEndpoint(pipeline);
    await link(source, viewer.endpoint);
    await python(t, 'publish', String(publisher), '305419896').negotiate(source);
    viewers.push(viewer.peer);
  }
  for (const [i, viewer] of viewers.entries()) {
    const seen = await viewer.sees(i + 1, { frames: 30, within: 25_000 });
    assert.deepEqual(Object.keys(seen.publishers), [String(i + 1)]);
  }
});

test('Chromium publishes, aiortc views', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const publisher = await lab.join(pipeline, await lab.room(), 'publisher', { publisher: 3, codec: 'VP8' });
  const sink = await createEndpoint(pipeline);
  await link(publisher.endpoint, sink);
  const viewer = python(t, 'view');
  await viewer.negotiate(sink);
  const frames = await until('aiortc decodes 30 frames', () => {
    const pictures = viewer.said.filter((one) => one.frames);
    if (pictures.length >= 30) return pictures;
    throw new Error(`${pictures.length} frames`);
  }, 25_000);
  frames.reduce((last, { publisher: number, counter }) => {
    assert.equal(number, 3);
    assert(counter >= last, `a counter ran backwards: ${last} to ${counter}`);
    return counter;
  }, 0);
});
