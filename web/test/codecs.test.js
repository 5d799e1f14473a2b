import assert from 'node:assert/strict';
import test from 'node:test';
import { collect, event, link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

for (const codec of ['VP8', 'VP9', 'H264', 'AV1']) {
  test(`${codec} from encoder to decoder`, { timeout: 60_000 }, async (t) => {
    const lab = await Lab.open(t);
    const pipeline = await lab.pipeline();
    const room = await lab.room();
    const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 1, codec });
    const viewer = await lab.join(pipeline, room, 'viewer', {});
    await link(publisher.endpoint, viewer.endpoint);
    await viewer.peer.sees(1, { frames: 30 });
    const video = await viewer.peer.stream('video');
    assert.equal(video.codec, codec);
    assert.equal(video.packetsLost, 0);
  });
}

test('H264 to a viewer that takes VP8 alone is an Error event, not silence', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 1, codec: 'H264' });
  const viewer = await lab.join(pipeline, room, 'viewer', { codec: 'VP8' });
  const errors = [publisher.endpoint, viewer.endpoint].map((endpoint) => collect(endpoint, 'Error'));
  await link(publisher.endpoint, viewer.endpoint);

  const error = await event(errors[1], 'the viewer lacks H264', () => true);
  assert.equal(error.errorCode, 40005, JSON.stringify(error));
  assert.match(error.description, /H264/);
  // What can be forwarded is: the audio.
  await viewer.peer.hears(1);

  // And a publisher that fits ends the trouble, without renegotiation.
  const fitting = await lab.join(pipeline, room, 'fitting', { publisher: 2, codec: 'VP8' });
  await link(fitting.endpoint, viewer.endpoint);
  await viewer.peer.sees(2);
});
