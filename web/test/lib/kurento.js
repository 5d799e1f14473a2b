import { createRequire } from 'node:module';
import { until } from './until.js';

const load = createRequire(import.meta.url);
load('./domain.cjs');
load('./alias.cjs');

/** The real client of the current major version, and of the one before. */
export const client7 = load('kurento-client');
export const client6 = load('kurento-client-6');

/**
 * Calls the client with a callback: without one it swallows errors of the
 * server.
 *
 * @param {(callback: (error: any, value?: any) => void) => unknown} call
 * @returns {Promise<any>}
 */
export function ask(call) {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/**
 * Promises unwrap the client, which is a thenable, to a copy that lacks some
 * of it: the client by its copy.
 * @type {WeakMap<object, any>}
 */
const originals = new WeakMap();

/**
 * @param {string} url
 * @param {any} [library] client7 or client6
 * @param {object} [options] of the client
 */
export async function connect(url, library = client7, options = {}) {
  // The client remembers each answer for these times, 20 s as a rule, and keeps
  // the process alive as long.
  const memory = { response_timeout: 1000, duplicates_timeout: 1000 };
  const client = library(url, { failAfter: 3, ...memory, ...options });
  const connected = await ask((done) => client.then((/** @type {any} */ it) => done(null, it), done));
  originals.set(connected, client);
  return connected;
}

/**
 * Cuts the client's connection as a network would, and waits until it is back.
 *
 * @param {any} client of connect
 * @returns {Promise<boolean>} true where it is in the same session
 */
export function cut(client) {
  const original = originals.get(client);
  return new Promise((resolve) => {
    original.once('reconnected', resolve);
    original._re.connection.socket.terminate();
  });
}

/**
 * @param {any} parent a pipeline
 * @param {object} [params] of the constructor
 */
export function createEndpoint(parent, params = {}) {
  return ask((done) => parent.create('WebRtcEndpoint', params, done));
}

/**
 * Collects events of one type from now on: the client subscribes before it
 * sends anything that is asked later.
 *
 * @param {any} object
 * @param {string} type
 */
export function collect(object, type) {
  /** @type {any[]} */
  const events = [];
  object.on(type, (/** @type {any} */ event) => events.push(event));
  return events;
}

/**
 * @param {any[]} events as collect gives them
 * @param {string} what
 * @param {(event: any) => boolean} match
 */
export function event(events, what, match) {
  return until(`an event: ${what}`, () => events.find(match) ?? Promise.reject(new Error(JSON.stringify(events))));
}

/**
 * Wires a page's peer to an endpoint that answers, as the tutorials do: the
 * candidates of both sides trickle, and processOffer and gatherCandidates are
 * sent without waiting for each other.
 *
 * @param {import('./peer.js').Peer} peer
 * @param {any} endpoint
 * @param {Wiring} [wiring]
 * @typedef {object} Wiring
 * @property {(candidate: RTCIceCandidateInit) => boolean} [toServer] which candidates pass
 * @property {(candidate: RTCIceCandidateInit) => boolean} [toPage]
 * @property {(sdp: string) => string} [offer] changes the offer
 * @property {(sdp: string) => string} [answer] changes the answer
 * @property {RTCOfferOptions} [options] of the offer
 */
export async function negotiate(peer, endpoint, wiring = {}) {
  const { toServer = () => true, toPage = () => true, offer = (sdp) => sdp, answer = (sdp) => sdp } = wiring;
  trickle(peer, endpoint, toServer, toPage);
  const sdp = offer(await peer.call('offer', wiring.options));
  const answered = ask((done) => endpoint.processOffer(sdp, done));
  const gathering = ask((done) => endpoint.gatherCandidates(done));
  await peer.call('accept', answer(await answered));
  await gathering;
}

/**
 * Negotiates again on the same endpoint (ksfu can, Kurento cannot).
 *
 * @param {import('./peer.js').Peer} peer
 * @param {any} endpoint
 * @param {RTCOfferOptions} options
 */
export async function renegotiate(peer, endpoint, options) {
  const sdp = await peer.call('offer', options);
  await peer.call('accept', await ask((done) => endpoint.processOffer(sdp, done)));
}

/**
 * The other way: the endpoint offers, the page answers (as OpenVidu does).
 *
 * @param {import('./peer.js').Peer} peer
 * @param {any} endpoint
 */
export async function negotiateByOffer(peer, endpoint) {
  trickle(peer, endpoint, () => true, () => true);
  const sdp = await ask((done) => endpoint.generateOffer(done));
  const gathering = ask((done) => endpoint.gatherCandidates(done));
  const answer = await peer.call('answer', sdp);
  await ask((done) => endpoint.processAnswer(answer, done));
  await gathering;
}

/**
 * @param {import('./peer.js').Peer} peer
 * @param {any} endpoint
 * @param {(candidate: RTCIceCandidateInit) => boolean} toServer
 * @param {(candidate: RTCIceCandidateInit) => boolean} toPage
 */
function trickle(peer, endpoint, toServer, toPage) {
  const IceCandidate = client7.getComplexType('IceCandidate');
  peer.onCandidate((candidate) => {
    // A candidate may come when the test is over and the endpoint is gone.
    if (toServer(candidate)) ask((done) => endpoint.addIceCandidate(IceCandidate(candidate), done)).catch(() => {});
  });
  const forward = (/** @type {any} */ { candidate }) => {
    const { candidate: text, sdpMid, sdpMLineIndex } = candidate;
    const plain = { candidate: text, sdpMid, sdpMLineIndex };
    if (toPage(plain)) peer.call('candidate', plain).catch(() => {});
  };
  endpoint.on('IceCandidateFound', forward);
}

/**
 * Connects two elements, for one media type or for all.
 *
 * @param {any} source
 * @param {any} sink
 * @param {'AUDIO' | 'VIDEO'} [type]
 */
export function link(source, sink, type) {
  return ask((done) => (type ? source.connect(sink, type, done) : source.connect(sink, done)));
}

/**
 * @param {any} source
 * @param {any} sink
 * @param {'AUDIO' | 'VIDEO'} [type]
 */
export function unlink(source, sink, type) {
  return ask((done) => (type ? source.disconnect(sink, type, done) : source.disconnect(sink, done)));
}

/** @param {any} object */
export function release(object) {
  return ask((done) => object.release(done));
}
