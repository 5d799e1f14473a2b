// The unmodified kurento-client, both major versions, as its own suite uses it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, client6, client7, collect, createEndpoint, cut, event, link, negotiate, release } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

/** @param {Promise<unknown>} call @param {number} code */
function refused(call, code) {
  return assert.rejects(call, (/** @type {any} */ error) => error.code === code || assert.fail(error));
}

for (const [version, library] of [['7.3', client7], ['6.18', client6]]) {
  test(`kurento-client ${version}`, { timeout: 90_000 }, async (t) => {
    const lab = await Lab.open(t);
    const client = await lab.client(library);
    const pipeline = await ask((done) => client.create('MediaPipeline', done));

    await t.test('asks what the server can do', async () => {
      const manager = await ask((done) => client.getServerManager(done));
      const info = await ask((done) => manager.getInfo(done));
      const modules = info.modules.map((/** @type {any} */ one) => one.name);
      for (const name of ['core', 'elements', 'filters']) assert(modules.includes(name), name);
      assert.equal(info.type, 'KMS');
    });

    await t.test('names objects and finds them again from another connection', async () => {
      await ask((done) => pipeline.setName('stage', done));
      const other = await lab.client(library);
      const found = await ask((done) => other.getMediaobjectById(pipeline.id, done));
      assert.equal(await ask((done) => found.getName(done)), 'stage');
      const endpoint = await createEndpoint(pipeline);
      assert(endpoint.id.startsWith(`${pipeline.id}/`), endpoint.id);
      assert.equal(await ask((done) => endpoint.getName(done)), endpoint.id, 'a name is the id until it is set');
    });

    await t.test('creates without waiting', async () => {
      const endpoint = pipeline.create('WebRtcEndpoint');
      const sink = pipeline.create('WebRtcEndpoint');
      await ask((done) => endpoint.connect(sink, done));
      assert.match(await ask((done) => endpoint.generateOffer(done)), /^v=0\r\n/);
    });

    await t.test('negotiates once, in order', async () => {
      const offering = await createEndpoint(pipeline);
      const answering = await createEndpoint(pipeline);
      await refused(ask((done) => offering.getLocalSessionDescriptor(done)), 40202);
      await refused(ask((done) => offering.getRemoteSessionDescriptor(done)), 40203);
      await refused(ask((done) => offering.processAnswer('v=0\r\n', done)), 40209);
      await refused(ask((done) => offering.processOffer('', done)), 40201);
      const offer = await ask((done) => offering.generateOffer(done));
      const answer = await ask((done) => answering.processOffer(offer, done));
      await ask((done) => offering.processAnswer(answer, done));
      await refused(ask((done) => offering.processAnswer(answer, done)), 40210);
      await refused(ask((done) => offering.generateOffer(done)), 40208);
      await refused(ask((done) => answering.processOffer(offer, done)), 40208);
      assert.equal(await ask((done) => answering.getRemoteSessionDescriptor(done)), offer);
      assert.match(await ask((done) => answering.getLocalSessionDescriptor(done)), /m=video/);
    });

    await t.test('hears of candidates by the names of its version', async () => {
      const endpoint = await createEndpoint(pipeline);
      const names = version === '7.3' ? ['IceCandidateFound', 'IceGatheringDone'] : ['OnIceCandidate', 'OnIceGatheringDone'];
      const [candidates, ends] = names.map((name) => collect(endpoint, name));
      await ask((done) => endpoint.generateOffer(done));
      await ask((done) => endpoint.gatherCandidates(done));
      const { candidate, source, timestampMillis } = await event(candidates, 'a candidate', () => true);
      assert.match(candidate.candidate, /^candidate:/);
      assert.equal(source, endpoint.id);
      assert.match(timestampMillis, /^\d{13}$/);
      await event(ends, 'the end of gathering', () => true);
    });

    await t.test('a call survives the loss of the socket', async () => {
      const room = await lab.room();
      const endpoint = await createEndpoint(pipeline);
      await link(endpoint, endpoint);
      const flows = collect(endpoint, 'MediaStateChanged');
      const peer = await room.peer(`me ${version}`, { publisher: 1, receives: true });
      await negotiate(peer, endpoint);
      await peer.sees(1);
      await event(flows, 'media is connected', (one) => one.newState === 'CONNECTED');

      await peer.call('resetGap');
      assert.equal(await cut(client), true, 'the same session');
      assert.equal(await ask((done) => pipeline.getName(done)), 'stage');
      const seen = await peer.sees(1);
      assert(seen.longestGap < 2000, `the call paused for ${seen.longestGap} ms`);
      await peer.call('close');
      await event(flows, 'its subscriptions survive too', (one) => one.newState === 'DISCONNECTED');
    });

    await t.test('what is released is gone', async () => {
      const endpoint = await createEndpoint(pipeline);
      const { id } = endpoint;
      await release(pipeline);
      const other = await lab.client(library);
      await refused(ask((done) => other.getMediaobjectById(id, done)), 40101);
    });
  });
}
