// What no client should send, while a call runs: each gets its clear error or
// a close with a reason, and the call loses nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import test from 'node:test';
import { createEndpoint, link, negotiate } from './lib/kurento.js';
import { Lab } from './lib/lab.js';
import { until } from './lib/until.js';
import { Wire } from './lib/wire.js';

/**
 * A server with a loopback call on it, and a look at that call afterwards.
 * @param {import('node:test').TestContext} t
 */
async function duringCall(t) {
  const lab = await Lab.open(t);
  const endpoint = await createEndpoint(await lab.pipeline());
  await link(endpoint, endpoint);
  const peer = await (await lab.room()).peer('me', { publisher: 1, receives: true });
  await negotiate(peer, endpoint);
  await peer.sees(1, { frames: 30 });
  await peer.call('resetGap');
  return {
    lab,
    async unharmed() {
      const seen = await peer.sees(1, { frames: 15 });
      assert(seen.longestGap < 2000, `the call paused for ${seen.longestGap} ms`);
      assert.equal((await peer.stream('video')).packetsLost, 0);
      assert.equal((await peer.stream('audio')).packetsLost, 0);
    },
  };
}

/** An error as JSON-RPC has it, whose message says something. @param {any} reply @param {...number} codes */
function isError(reply, ...codes) {
  const text = JSON.stringify(reply);
  assert(reply.error, `an error: ${text}`);
  assert.equal(reply.jsonrpc, '2.0', text);
  assert(reply.error.message.length > 5, text);
  assert(codes.includes(reply.error.code), `one of ${codes}: ${text}`);
}

test('bad messages', { timeout: 60_000 }, async (t) => {
  const { lab, unharmed } = await duringCall(t);
  const wire = await Wire.open(lab.server.kurento);
  t.after(() => wire.end());

  /** @type {[string, string, number[]][]} message, codes it may get */
  const texts = [
    ['not JSON', '{"jsonrpc":', [-32700]],
    ['an empty message', '', [-32700]],
    ['an array', '[]', [-32600]],
    ['a number', '7', [-32600]],
    ['a wrong type of method', '{"jsonrpc":"2.0","id":null,"method":5}', [-32600]],
    ['a wrong type of params', '{"jsonrpc":"2.0","id":null,"method":"create","params":"x"}', [-32600, -32602]],
    ['duplicate keys', '{"jsonrpc":"2.0","id":null,"method":"ping","id":null}', [-32600, -32700]],
    ['100,000 levels of arrays', `{"jsonrpc":"2.0","id":null,"method":"ping","params":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, [-32600, -32700]],
    ['100,000 open objects', '{"a":'.repeat(50_000), [-32600, -32700]],
  ];
  for (const [what, text, codes] of texts) {
    const had = wire.messages.length;
    wire.send(text);
    isError(await until(`a reply to ${what}`, () => wire.messages[had]), ...codes);
  }

  isError(await wire.ask('explode', {}), -32601);
  isError(await wire.ask('create', { type: 'Nonsense', constructorParams: {} }), 40100, 40108);
  isError(await wire.ask('create', { type: 5 }), -32000, -32602, 40001);
  isError(await wire.ask('create', {}), -32000, -32602, 40001);
  isError(await wire.ask('create', { type: 'WebRtcEndpoint', constructorParams: { mediaPipeline: 'none' } }), 40101, 40001);
  isError(await wire.ask('describe', { object: 'none' }), 40101);
  isError(await wire.ask('describe'), -32602);
  isError(await wire.invoke('none_kurento.MediaPipeline', 'getName'), 40101);
  isError(await wire.invoke('manager_ServerManager', 'explode'), 40008);
  isError(await wire.ask('subscribe', { object: 'manager_ServerManager', type: 'Nonsense' }), 40106);
  isError(await wire.ask('connect', { sessionId: 'nobody' }), 40007);
  assert.equal((await wire.ask('ping')).result.value, 'pong', 'the same socket still works');

  const big = await Wire.open(lab.server.kurento);
  big.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { x: 'x'.repeat(256 * 1024) } }));
  const { code, reason } = await big.close();
  assert.equal(code, 1009, reason);
  assert(reason.length > 0, 'a close has its reason');
  await unharmed();
});

test('bad session descriptions', { timeout: 60_000 }, async (t) => {
  const { lab, unharmed } = await duringCall(t);
  const wire = await Wire.open(lab.server.kurento);
  t.after(() => wire.end());
  const pipeline = (await wire.ask('create', { type: 'MediaPipeline' })).result.value;
  const create = async () =>
    (await wire.ask('create', { type: 'WebRtcEndpoint', constructorParams: { mediaPipeline: pipeline } })).result.value;
  const offer = async (/** @type {unknown} */ sdp) => wire.invoke(await create(), 'processOffer', { offer: sdp });

  const head = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
  isError(await offer(''), 40201);
  isError(await offer('hello'), 40201);
  isError(await offer(`${head}m=video x y z\r\n`), 40201, 40205);
  isError(await offer(`${head}a=x:${'x'.repeat(129 * 1024)}\r\n`), 40201, 40205);
  isError(await offer(5), 40001);
  isError(await offer(undefined), 40001);
  const keyed = 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\na=mid:0\r\na=rtcp-mux\r\na=sendrecv\r\n';
  const withoutICE = await offer(head + keyed);
  if (withoutICE.error) isError(withoutICE, 40201, 40205);
  else assert.match(withoutICE.result.value, /m=video 0 /);

  // Kurento's own tests offer plain RTP and expect an answer: it takes nothing.
  const plain = await offer(`${head}m=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\nm=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n`);
  assert.match(plain.result?.value ?? JSON.stringify(plain), /m=audio 0 [^]*m=video 0 /);
  await unharmed();
});

test('10,000 candidates, and candidates after release', { timeout: 60_000 }, async (t) => {
  const { lab, unharmed } = await duringCall(t);
  const wire = await Wire.open(lab.server.kurento);
  t.after(() => wire.end());
  const pipeline = (await wire.ask('create', { type: 'MediaPipeline' })).result.value;
  const create = () => wire.ask('create', { type: 'WebRtcEndpoint', constructorParams: { mediaPipeline: pipeline } });
  const endpoint = (await create()).result.value;
  const add = (/** @type {unknown} */ candidate) =>
    wire.invoke(endpoint, 'addIceCandidate', { candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } });
  const candidate = (/** @type {number} */ i) => `candidate:${i} 1 udp 1 10.${i >> 8}.${i & 255}.1 ${1024 + i} typ host`;

  isError(await add('candidate:nonsense'), 40401);
  isError(await add(`candidate:1 1 udp 1 ${'x'.repeat(20_000)} 9 typ host`), 40401, 40001);
  isError(await add(5), 40001);
  const count = 10_000;
  const had = wire.messages.length;
  for (let i = 0; i < count; i++) {
    const params = { candidate: { candidate: candidate(i), sdpMid: '0', sdpMLineIndex: 0 } };
    wire.send(
      JSON.stringify({ jsonrpc: '2.0', id: `c${i}`, method: 'invoke', params: { object: endpoint, operation: 'addIceCandidate', operationParams: params } }),
    );
  }
  await until('a reply to each candidate', () => wire.messages.length >= had + count, 30_000);
  const replies = wire.messages.filter(({ id }) => String(id).startsWith('c'));
  const refused = replies.filter(({ error }) => error);
  assert.equal(count - refused.length, 64, '64 are kept');
  for (const reply of refused) isError(reply, 40009);

  await wire.ask('release', { object: endpoint });
  isError(await add(candidate(1)), 40101);
  await unharmed();
});

test('1,000 connections that say nothing', { timeout: 90_000 }, async (t) => {
  const { lab, unharmed } = await duringCall(t);
  const { kurentoPort, httpPort, kurento } = lab.server;
  const sockets = Array.from({ length: 1000 }, (_, i) =>
    dial(i % 2 ? kurentoPort : httpPort, '127.0.0.1').on('error', () => {}).resume(),
  );
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  // Beyond the cap a connection is closed at once, the rest when their time for
  // a request is over; none is left.
  await until('all are closed by the server', () => sockets.every((socket) => socket.closed), 30_000);
  await unharmed();

  const upgraded = await Wire.open(kurento);
  assert.equal((await upgraded.ask('ping')).result.value, 'pong', 'who speaks is served');
  upgraded.end();
  await once(upgraded.socket, 'close');
});
