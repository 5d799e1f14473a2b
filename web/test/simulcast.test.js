import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';
import { until } from './lib/until.js';

// Chromium sends three layers only from 960x540 upwards.
const CAMERA = { publisher: 1, width: 1280, height: 720, fps: 15, noise: true, audio: false };
const ENCODINGS = [
  { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 400_000 },
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
];

test('the layer of a simulcast sender is chosen by the send bandwidth', { timeout: 120_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const publisher = await lab.join(pipeline, room, 'publisher', { ...CAMERA, encodings: ENCODINGS });
  const viewer = await lab.join(pipeline, room, 'viewer', {});
  await link(publisher.endpoint, viewer.endpoint);
  await until(
    'the publisher sends three layers: its feedback lets it',
    async () => {
      const stats = await publisher.peer.call('stats');
      const sent = stats.filter((one) => one.type === 'outbound-rtp' && one.kind === 'video');
      const widths = sent.filter((one) => one.active && one.framesEncoded > 5).map((one) => one.frameWidth);
      if (widths.length === 3) return true;
      throw new Error(`widths ${widths}`);
    },
    40_000,
  );

  // kbit/s: below the second layer, between the second and the third, no limit.
  const choices = [[200, 320], [700, 640], [0, 1280], [200, 320], [0, 1280]];
  for (const [limit, width] of choices) {
    await ask((done) => viewer.endpoint.setMaxVideoSendBandwidth(limit, done));
    await until(
      `the picture is ${width} wide at a limit of ${limit} kbit/s`,
      async () => {
        const seen = await viewer.peer.seen();
        if (seen.width === width) return true;
        throw new Error(JSON.stringify(seen));
      },
      20_000,
    );
    await viewer.peer.sees(1);
  }
  const video = await viewer.peer.stream('video');
  assert.equal(video.packetsLost, 0);
  assert(video.keyFramesDecoded >= choices.length, 'a layer starts with a key frame');
  assert.equal((await viewer.peer.report()).negotiationNeeded, 1);
});
