import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, collect, event, link, release } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('a publisher leaves, viewers stay and see the next one', { timeout: 90_000 }, async (t) => {
  const lab = await Lab.open(t);
  const pipeline = await lab.pipeline();
  const room = await lab.room();
  const first = await lab.join(pipeline, room, 'first', { publisher: 1 });
  const viewers = [await lab.join(pipeline, room, 'ann', {}), await lab.join(pipeline, room, 'bob', {})];
  const flows = viewers.map(({ endpoint }) => collect(endpoint, 'MediaFlowInStateChanged'));
  for (const { endpoint } of viewers) await link(first.endpoint, endpoint);
  for (const { peer } of viewers) await peer.sees(1);

  const is = (/** @type {string} */ state) => (/** @type {any} */ one) => one.mediaType === 'VIDEO' && one.state === state;
  assert.equal(await ask((done) => first.endpoint.isMediaFlowingOut('VIDEO', done)), true);
  for (const events of flows) await event(events, 'video flows in', is('FLOWING'));

  await release(first.endpoint);
  for (const events of flows) {
    await event(events, 'video has ceased', is('NOT_FLOWING'));
    events.length = 0;
  }
  for (const { peer } of viewers) {
    await peer.seesNothingNew();
    assert.equal((await peer.report()).connection, 'connected', 'a viewer stays without a publisher');
  }

  const next = await lab.join(pipeline, room, 'next', { publisher: 2 });
  for (const { endpoint } of viewers) await link(next.endpoint, endpoint);
  for (const { peer } of viewers) {
    await peer.sees(2);
    await peer.hears(2);
    assert.equal((await peer.stream('video')).packetsLost, 0);
  }
  for (const events of flows) await event(events, 'video flows in again', is('FLOWING'));
});
