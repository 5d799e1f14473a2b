import assert from 'node:assert/strict';
import test from 'node:test';
import { link } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('one publisher reaches three viewers, each in a page of its own', { timeout: 90_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const presenter = await lab.join(pipeline, await lab.room(), 'presenter', { publisher: 1 });

  const viewers = [];
  for (const name of ['ann', 'bob', 'cem']) {
    const viewer = await lab.join(pipeline, await lab.room(), name, {});
    // As the one-to-many tutorial does: connect after the offer was processed.
    await link(presenter.endpoint, viewer.endpoint);
    viewers.push(viewer.peer);
  }
  for (const viewer of viewers) {
    await viewer.sees(1, { frames: 30 });
    await viewer.hears(1);
    const video = await viewer.stream('video');
    assert.equal(video.packetsLost, 0);
    assert(video.framesDecoded >= 30);
  }
  assert.equal((await presenter.peer.report()).connection, 'connected');
});
