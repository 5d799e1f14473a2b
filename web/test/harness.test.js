// The tools of these tests proved without a server: what the camera draws and
// the tone plays is read behind an encoder and a decoder, in both browsers.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Lab } from './lib/lab.js';

for (const browser of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`camera, tone and readers agree in ${browser}`, { timeout: 60_000 }, async (t) => {
    const lab = await Lab.open(t, { server: false });
    const room = await lab.room(browser);
    const publisher = await room.peer('publisher', { publisher: 2 });
    const viewer = await room.peer('viewer', {});
    publisher.onCandidate((candidate) => viewer.call('candidate', candidate));
    viewer.onCandidate((candidate) => publisher.call('candidate', candidate));
    await publisher.call('accept', await viewer.call('answer', await publisher.call('offer')));

    const seen = await viewer.sees(2, { frames: 20 });
    assert.equal(seen.colour, 'green');
    await viewer.hears(2);
    assert((await viewer.stream('video')).framesDecoded >= 20);
    assert.ok((await viewer.path()).pair);

    await publisher.call('close');
    await viewer.seesNothingNew();
  });
}
