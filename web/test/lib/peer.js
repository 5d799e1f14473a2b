import assert from 'node:assert/strict';
import { until } from './until.js';

/** @typedef {import('../page/peer.js').PeerOptions} PeerOptions */
/** @typedef {Awaited<ReturnType<import('../page/lab.js').Lab['report']>>} Report */

/** A page of the test site, in which peers are opened by name. */
export class Room {
  /** @param {import('./browser.js').Tab} tab */
  constructor(tab) {
    this.tab = tab;
    /** @type {Map<string, Peer>} */
    this.peers = new Map();
  }

  /** @param {string} url of the test site */
  async enter(url) {
    await this.tab.exposeFunction('ksfuCandidate', (/** @type {string} */ name, /** @type {RTCIceCandidateInit} */ c) => {
      this.peers.get(name)?.hasCandidate(c);
    });
    await this.tab.goto(url);
    await until('the page has loaded', () => this.tab.evaluate(() => Boolean(window.lab), null));
  }

  /**
   * @param {string} name
   * @param {PeerOptions} options
   */
  async peer(name, options) {
    const peer = new Peer(this, name);
    this.peers.set(name, peer);
    await peer.call('open', options);
    return peer;
  }
}

/** One RTCPeerConnection in a page, as the test process sees it. */
export class Peer {
  /**
   * @param {Room} room
   * @param {string} name
   */
  constructor(room, name) {
    this.room = room;
    this.name = name;
    /** @type {RTCIceCandidateInit[]} found while nobody asked */
    this.found = [];
    /** @type {((candidate: RTCIceCandidateInit) => void) | undefined} */
    this.listener = undefined;
  }

  /**
   * @template {keyof import('../page/lab.js').Lab} M
   * @param {M} method
   * @param {any} [argument]
   * @returns {Promise<Awaited<ReturnType<import('../page/lab.js').Lab[M]>>>}
   */
  call(method, argument) {
    return this.room.tab.evaluate(
      ([which, name, value]) => /** @type {any} */ (window.lab)[which](name, value),
      [method, this.name, argument],
    );
  }

  /** @param {RTCIceCandidateInit} candidate */
  hasCandidate(candidate) {
    if (this.listener) this.listener(candidate);
    else this.found.push(candidate);
  }

  /** @param {(candidate: RTCIceCandidateInit) => void} listener */
  onCandidate(listener) {
    this.listener = listener;
    for (const candidate of this.found.splice(0)) listener(candidate);
  }

  report() {
    return this.call('report');
  }

  /** What the reader has seen; fails where no video ever came. */
  async seen() {
    const { seen } = await this.report();
    assert(seen, `${this.name} has no video track`);
    return seen;
  }

  /**
   * Waits until frames of a publisher are decoded now, and checks all that was
   * seen so far: counters never ran backwards, colours fit the publishers.
   *
   * @param {number} publisher
   * @param {{frames?: number, within?: number}} [options] how many more frames than now
   */
  async sees(publisher, { frames = 15, within = 15_000 } = {}) {
    const before = (await this.report()).seen?.publishers[publisher]?.frames ?? 0;
    const seen = await until(
      `${this.name} decodes ${frames} frames of publisher ${publisher}`,
      async () => {
        const now = await this.seen();
        const enough = (now.publishers[publisher]?.frames ?? 0) >= before + frames;
        if (enough && now.current === publisher) return now;
        throw new Error(JSON.stringify(now));
      },
      within,
    );
    sound(this.name, seen);
    return seen;
  }

  /**
   * Waits until the publisher's tone is the loudest that is heard.
   * @param {number} publisher
   */
  async hears(publisher) {
    const { pitchOf } = await import('../page/tone.js');
    await until(`${this.name} hears publisher ${publisher}`, async () => {
      const { heard } = await this.report();
      if (heard && Math.abs(heard.pitch - pitchOf(publisher)) < 25 && heard.level > -60) return true;
      throw new Error(JSON.stringify(heard));
    });
  }

  /** Waits until nothing is heard. */
  async hearsNothing() {
    await until(`${this.name} hears nothing`, async () => ((await this.report()).heard?.level ?? -200) < -90);
  }

  /**
   * Waits until the counter has stood still for a second.
   * @param {number} [within]
   */
  async seesNothingNew(within = 15_000) {
    await until(`${this.name} sees nothing new`, async () => (await this.seen()).longestGap > 1000, within);
  }

  /**
   * Numbers of one received or sent stream.
   * @param {'video' | 'audio'} kind
   * @param {'inbound-rtp' | 'outbound-rtp'} [type]
   */
  async stream(kind, type = 'inbound-rtp') {
    const stats = await this.call('stats');
    const stream = stats.find((one) => one.type === type && one.kind === kind);
    assert(stream, `${this.name} has no ${type} of ${kind}`);
    const codec = stats.find((one) => one.id === stream.codecId);
    return { ...stream, codec: codec?.mimeType.split('/')[1] };
  }

  /** The candidate pair in use, and what protects it. */
  async path() {
    return until(`${this.name} has a candidate pair`, async () => {
      const stats = await this.call('stats');
      const transport = stats.find((one) => one.type === 'transport');
      const byId = (/** @type {string} */ id) => stats.find((one) => one.id === id);
      const pair =
        byId(transport?.selectedCandidatePairId) ??
        stats.find((one) => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded');
      if (!pair) return null;
      return { pair, transport, local: byId(pair.localCandidateId), remote: byId(pair.remoteCandidateId) };
    });
  }
}

/**
 * @param {string} name
 * @param {NonNullable<Report['seen']>} seen
 */
export function sound(name, seen) {
  const text = `${name}: ${JSON.stringify(seen)}`;
  assert.equal(seen.backwards, 0, `a counter ran backwards: ${text}`);
  assert.equal(seen.strange, 0, `a colour was not its publisher's: ${text}`);
  assert(seen.unreadable <= 2 + seen.frames / 20, `pictures are broken: ${text}`);
}
