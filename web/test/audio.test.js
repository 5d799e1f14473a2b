import assert from 'node:assert/strict';
import test from 'node:test';
import { link, unlink } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('audio alone is disconnected and connected again while video goes on', { timeout: 90_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 3 });
  const viewer = await lab.join(pipeline, room, 'viewer', {});
  await link(publisher.endpoint, viewer.endpoint);
  await viewer.peer.sees(3);
  await viewer.peer.hears(3);

  await viewer.peer.call('resetGap');
  await unlink(publisher.endpoint, viewer.endpoint, 'AUDIO');
  await viewer.peer.hearsNothing();
  await viewer.peer.sees(3);

  await link(publisher.endpoint, viewer.endpoint, 'AUDIO');
  await viewer.peer.hears(3);
  const seen = await viewer.peer.sees(3);
  assert(seen.longestGap < 1000, `video paused for ${seen.longestGap} ms`);

  await unlink(publisher.endpoint, viewer.endpoint, 'VIDEO');
  await viewer.peer.seesNothingNew();
  await viewer.peer.hears(3);
});
