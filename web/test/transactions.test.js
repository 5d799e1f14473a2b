// Transactions of the unmodified client (its domain.Domain replaced, see
// lib/domain.cjs): several requests in one, objects used before they exist.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, client6, client7 } from './lib/kurento.js';
import { Lab } from './lib/lab.js';

for (const [version, library] of [['7.3', client7], ['6.18', client6]]) {
  test(`transactions of kurento-client ${version}`, { timeout: 60_000 }, async (t) => {
    const lab = await Lab.open(t);
    const client = await lab.client(library);

    await t.test('a block of calls goes as one', async () => {
      /** @type {any} */
      let endpoint;
      const pipeline = await ask((done) => client.create('MediaPipeline', done));
      await ask((done) => {
        pipeline.transaction(() => {
          endpoint = pipeline.create('WebRtcEndpoint');
          endpoint.setName('inside');
          endpoint.connect(endpoint);
        }, done);
      });
      assert.equal(await ask((done) => endpoint.getName(done)), 'inside');
      const links = await ask((done) => endpoint.getSinkConnections(done));
      assert.deepEqual(links.map((/** @type {any} */ one) => one.type).sort(), ['AUDIO', 'DATA', 'VIDEO']);
    });

    await t.test('an explicit one, with objects of its own', async () => {
      const transaction = client.beginTransaction();
      const pipeline = client.create(transaction, 'MediaPipeline');
      const endpoint = pipeline.create(transaction, 'WebRtcEndpoint');
      const named = ask((done) => endpoint.setName(transaction, 'made by commit', done));
      const limited = ask((done) => endpoint.setMaxVideoSendBandwidth(transaction, 700, done));
      await ask((done) => transaction.commit(done));
      await named;
      await limited;
      assert.equal(await ask((done) => endpoint.getName(done)), 'made by commit');
      assert.equal(await ask((done) => endpoint.getMaxVideoSendBandwidth(done)), 700);
      assert(endpoint.id.startsWith(`${pipeline.id}/`));
    });

    await t.test('two at once do not mix', async () => {
      const [a, b] = [client.beginTransaction(), client.beginTransaction()];
      const [first, second] = [client.create(a, 'MediaPipeline'), client.create(b, 'MediaPipeline')];
      const named = [ask((done) => first.setName(a, 'first', done)), ask((done) => second.setName(b, 'second', done))];
      await Promise.all([ask((done) => b.commit(done)), ask((done) => a.commit(done)), ...named]);
      assert.equal(await ask((done) => first.getName(done)), 'first');
      assert.equal(await ask((done) => second.getName(done)), 'second');
    });

    await t.test('what is not committed cannot be used', async () => {
      const transaction = client.beginTransaction();
      const pipeline = client.create(transaction, 'MediaPipeline');
      await assert.rejects(ask((done) => pipeline.getName(done)));
      await ask((done) => transaction.commit(done));
      assert.equal(await ask((done) => pipeline.getName(done)), pipeline.id);
    });

    await t.test('one that fails stops there and says why', async () => {
      const transaction = client.beginTransaction();
      const pipeline = client.create(transaction, 'MediaPipeline');
      const failed = ask((done) => pipeline.getTag(transaction, 'none', done));
      const skipped = ask((done) => pipeline.setName(transaction, 'never', done));
      transaction.commit(() => {});
      await assert.rejects(failed, (/** @type {any} */ error) => error.code === 40110);
      await assert.rejects(skipped, /not executed/);
    });
  });
}
