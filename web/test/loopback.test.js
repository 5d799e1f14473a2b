import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { createEndpoint, link, negotiate, negotiateByOffer } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

test('a camera comes back to its own page', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const room = await lab.room();
  const endpoint = await createEndpoint(await lab.pipeline());
  await link(endpoint, endpoint);
  const peer = await room.peer('me', { publisher: 1, receives: true });
  await negotiate(peer, endpoint);

  await peer.sees(1, { frames: 45 });
  await peer.hears(1);
  const video = await peer.stream('video');
  assert.equal(video.packetsLost, 0);

  const { transport } = await peer.path();
  assert.equal(transport.dtlsRole, 'client', 'the server takes the DTLS server role');
  // The order is by what the processor is good at: with AES instructions GCM.
  const cheap = /^flags.*\baes\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  if (cheap) assert.match(transport.srtpCipher, /AEAD_AES_128_GCM$/); // older Chromiums leave SRTP_ out
});

test('a camera comes back when the server made the offer', { timeout: 60_000 }, async (t) => {
  const lab = await Lab.open(t);
  const room = await lab.room();
  const endpoint = await createEndpoint(await lab.pipeline());
  await link(endpoint, endpoint);
  const peer = await room.peer('me', { publisher: 2, receives: true });
  await negotiateByOffer(peer, endpoint);

  await peer.sees(2);
  await peer.hears(2);
});
