import assert from 'node:assert/strict';
import test from 'node:test';
import { link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';
import { until } from './lib/until.js';

for (const [from, to] of /** @type {const} */ ([['firefox', 'chromium'], ['chromium', 'firefox']])) {
  test(`${from} publishes, ${to} views`, { timeout: 90_000 }, async (t) => {
    const lab = await Lab.open(t);
    const pipeline = await lab.pipeline();
    const publisher = await lab.join(pipeline, await lab.room(from), 'publisher', { publisher: 1 });
    const viewer = await lab.join(pipeline, await lab.room(to), 'viewer', {});
    await link(publisher.endpoint, viewer.endpoint);

    await viewer.peer.sees(1, { frames: 30, within: 30_000 });
    await viewer.peer.hears(1);
    // Firefox's statistics may be a second old.
    const video = await until('30 frames in the statistics', async () => {
      const now = await viewer.peer.stream('video');
      return now.framesDecoded >= 30 ? now : null;
    });
    assert.equal(video.packetsLost, 0);
  });
}
