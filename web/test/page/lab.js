// @ts-check
// What the test process calls in the page: named peers. Candidates go out by
// the binding ksfuCandidate that the test process puts here.
import { Peer } from './peer.js';

/** @typedef {import('./peer.js').PeerOptions} PeerOptions */

const audio = new AudioContext({ sampleRate: 48_000 });
/** @type {Map<string, Peer>} */
const peers = new Map();

/** @param {string} name */
function get(name) {
  const peer = peers.get(name);
  if (!peer) throw new Error(`no peer ${name} in this page`);
  return peer;
}

const lab = {
  /**
   * @param {string} name
   * @param {PeerOptions} options
   */
  async open(name, options) {
    await audio.resume();
    peers.set(name, new Peer(options, audio, (candidate) => window.ksfuCandidate(name, candidate)));
  },
  /** @param {string} name @param {RTCOfferOptions} [options] */
  offer: (name, options) => get(name).offer(options),
  /** @param {string} name @param {string} sdp */
  accept: (name, sdp) => get(name).accept(sdp),
  /** @param {string} name @param {string} sdp */
  answer: (name, sdp) => get(name).answer(sdp),
  /** @param {string} name @param {RTCIceCandidateInit} candidate */
  candidate: (name, candidate) => get(name).candidate(candidate),
  /** @param {string} name */
  report: (name) => get(name).report(),
  /** @param {string} name */
  stats: (name) => get(name).stats(),
  /** @param {string} name */
  resetGap: (name) => get(name).reader?.resetGap(),
  /** @param {string} name */
  close(name) {
    get(name).close();
    peers.delete(name);
  },
};

window.lab = lab;

/** @typedef {typeof lab} Lab */
