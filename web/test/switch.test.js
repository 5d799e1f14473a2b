import assert from 'node:assert/strict';
import test from 'node:test';
import { link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('a running viewer is switched between two publishers without renegotiation', { timeout: 90_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const red = await lab.join(pipeline, room, 'red', { publisher: 1 });
  // Another codec too: a switch picks the payload type of what is sent now.
  const green = await lab.join(pipeline, room, 'green', { publisher: 2, codec: 'VP9' });
  const viewer = await lab.join(pipeline, room, 'viewer', {});

  const seen = [];
  for (const source of [red, green, red, green]) {
    // One source per kind: connecting another takes the place of the former.
    await link(source.endpoint, viewer.endpoint);
    const publisher = source === red ? 1 : 2;
    seen.push(await viewer.peer.sees(publisher, { frames: 20 }));
    await viewer.peer.hears(publisher);
  }
  assert.deepEqual(seen.map(({ colour }) => colour), ['red', 'green', 'red', 'green']);
  const video = await viewer.peer.stream('video');
  assert.equal(video.packetsLost, 0, 'sequence numbers go on across a switch');
  assert(video.framesDecoded >= 80);
  assert(video.keyFramesDecoded >= 4);
  assert.equal((await viewer.peer.report()).negotiationNeeded, 1, 'the one of its creation');
});
