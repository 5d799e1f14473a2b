// Kurento has no renegotiation: whichever side comes first, the answer has to
// be complete.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createEndpoint, link, negotiate } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('a subscriber connected before its source negotiates', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const source = await createEndpoint(pipeline);
  const sink = await createEndpoint(pipeline);
  await link(source, sink);
  const viewer = await room.peer('viewer', {});
  await negotiate(viewer, sink);
  const publisher = await room.peer('publisher', { publisher: 1 });
  await negotiate(publisher, source);

  await viewer.sees(1);
  await viewer.hears(1);
  assert.equal((await viewer.report()).negotiationNeeded, 1);
});

test('a viewer whose answer came before any source was known', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const viewer = await lab.join(pipeline, room, 'viewer', {});
  await viewer.peer.path();
  for (const [number, codec] of [[2, 'VP9'], [3, 'H264']]) {
    const options = { publisher: Number(number), codec: String(codec) };
    const publisher = await lab.join(pipeline, room, `publisher ${number}`, options);
    await link(publisher.endpoint, viewer.endpoint);
    await viewer.peer.sees(Number(number));
    assert.equal((await viewer.peer.stream('video')).codec, codec);
  }
  await viewer.peer.hears(3);
});

test('a source and a sink that connect only when both run', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const viewer = await lab.join(pipeline, room, 'viewer', {});
  const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 1 });
  await viewer.peer.path();
  await publisher.peer.path();
  await link(publisher.endpoint, viewer.endpoint);
  await viewer.peer.sees(1);
});
