import assert from 'node:assert/strict';
import test from 'node:test';
import { link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('all sessions share the single port', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const port = lab.server.mediaPort;
  /** @type {string[]} */
  const offered = [];
  const toPage = (/** @type {RTCIceCandidateInit} */ { candidate = '' }) => Boolean(offered.push(candidate));
  const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 1 }, { toPage });
  const peers = [publisher.peer];
  for (const name of ['ann', 'bob', 'cem']) {
    const viewer = await lab.join(pipeline, room, name, {}, { toPage });
    await link(publisher.endpoint, viewer.endpoint);
    await viewer.peer.sees(1);
    peers.push(viewer.peer);
  }

  for (const peer of peers) {
    const { remote } = await peer.path();
    assert.equal(remote.port, port);
    assert.equal(remote.protocol, 'udp');
  }
  assert(offered.length >= peers.length, 'candidates trickled');
  for (const candidate of offered) {
    const [, , , , , at] = candidate.split(' ');
    assert.equal(Number(at), port, candidate);
  }
});

test('media goes over ICE-TCP where UDP is blocked', { timeout: 60_000 }, async (t) => {
  // A full agent would check the browser's UDP candidates and UDP would win.
  const lab = await Lab.open(t, { env: { ICE_LITE: '1' } });
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const isTCP = (/** @type {string} */ line) => / tcp /i.test(line);
  const wiring = {
    toPage: (/** @type {RTCIceCandidateInit} */ { candidate = '' }) => isTCP(candidate),
    answer: (/** @type {string} */ sdp) =>
      sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:') || isTCP(line)).join('\r\n'),
  };
  const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 1 }, wiring);
  const viewer = await lab.join(pipeline, room, 'viewer', {}, wiring);
  await link(publisher.endpoint, viewer.endpoint);

  await viewer.peer.sees(1, { frames: 30 });
  await viewer.peer.hears(1);
  for (const { peer } of [publisher, viewer]) {
    const { local, remote } = await peer.path();
    assert.equal(local.protocol, 'tcp');
    assert.equal(remote.port, lab.server.mediaPort);
  }
});
