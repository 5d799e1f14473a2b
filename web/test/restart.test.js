import assert from 'node:assert/strict';
import test from 'node:test';
import { link, renegotiate } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

for (const who of /** @type {const} */ (['publisher', 'viewer'])) {
  test(`frames go on within 2 s of an ICE restart of the ${who}`, { timeout: 60_000 }, async (t) => {
    const lab = await Lab.open(t, { env: { KSFU_KURENTO_RENEGOTIATE: '1' } });
    const pipeline = await lab.pipeline();
    const room = await lab.room();
    const publisher = await lab.join(pipeline, room, 'publisher', { publisher: 1 });
    const viewer = await lab.join(pipeline, room, 'viewer', {});
    await link(publisher.endpoint, viewer.endpoint);
    await viewer.peer.sees(1, { frames: 20 });

    const { peer, endpoint } = who === 'viewer' ? viewer : publisher;
    const before = (await peer.path()).transport;
    await viewer.peer.call('resetGap');
    await renegotiate(peer, endpoint, { iceRestart: true });
    const seen = await viewer.peer.sees(1, { frames: 45 });
    assert(seen.longestGap < 2000, `no frame for ${seen.longestGap} ms`);
    const after = (await peer.path()).transport;
    assert.notEqual(after.iceLocalUsernameFragment, before.iceLocalUsernameFragment);
    assert.equal(after.iceState, 'connected');
  });
}
