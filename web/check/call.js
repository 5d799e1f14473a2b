// @ts-check
/** A call with oneself: camera -> WebRtcEndpoint, connected to itself -> page. */

import { Kurento } from './kurento.js';

/**
 * @typedef {object} CallEvents
 * @property {(stream: MediaStream) => void} returned media came back
 * @property {(state: RTCPeerConnectionState) => void} connection its state changed
 * @property {(description: string) => void} failure the node says what is wrong
 * @property {(reason: string) => void} ended the signalling ended by itself
 */

export class Call {
  /** @type {Kurento} */
  #kurento;
  #peer = new RTCPeerConnection();
  /** @type {string | undefined} */
  #pipeline;
  /** @type {string | undefined} */
  #endpoint;
  #closed = false;
  /** @type {Set<number>} UDP ports that the node offered */
  ports = new Set();

  /**
   * @param {Kurento} kurento
   * @param {MediaStream} camera
   * @param {CallEvents} events
   */
  constructor(kurento, camera, events) {
    this.#kurento = kurento;
    for (const track of camera.getTracks()) {
      this.#peer.addTrack(track, camera);
    }
    // Ask for both kinds back, even where the camera has no microphone.
    for (const kind of ['audio', 'video']) {
      if (!camera.getTracks().some((track) => track.kind === kind)) {
        this.#peer.addTransceiver(kind, { direction: 'recvonly' });
      }
    }
    const back = new MediaStream();
    this.#peer.addEventListener('track', ({ track }) => {
      back.addTrack(track);
      events.returned(back);
    });
    this.#peer.addEventListener('connectionstatechange', () => events.connection(this.#peer.connectionState));
    kurento.onend = events.ended;
    kurento.onevent = ({ type, data }) => {
      if (type === 'IceCandidateFound') {
        this.#remoteCandidate(data?.candidate);
      } else if (type === 'Error') {
        events.failure(String(data?.description ?? 'unknown error'));
      }
    };
  }

  /** Negotiates; returns when both sides know each other's description. */
  async start() {
    const kurento = this.#kurento;
    this.#pipeline = await kurento.request('create', { type: 'MediaPipeline', constructorParams: {}, properties: {} });
    const endpoint = await kurento.request('create', {
      type: 'WebRtcEndpoint', constructorParams: { mediaPipeline: this.#pipeline }, properties: {},
    });
    this.#endpoint = endpoint;
    await kurento.request('subscribe', { object: endpoint, type: 'IceCandidateFound' });
    await kurento.request('subscribe', { object: endpoint, type: 'Error' });
    await kurento.invoke(endpoint, 'connect', { sink: endpoint });
    this.#peer.addEventListener('icecandidate', ({ candidate }) => this.#localCandidate(candidate));
    const offer = await this.#peer.createOffer();
    await this.#peer.setLocalDescription(offer);
    const answer = await kurento.invoke(endpoint, 'processOffer', { offer: offer.sdp });
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer });
    await kurento.invoke(endpoint, 'gatherCandidates');
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() {
    return this.#peer.getStats();
  }

  get state() {
    return this.#peer.connectionState;
  }

  close() {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#kurento.close(this.#pipeline);
    this.#peer.close();
  }

  /** @param {RTCIceCandidate | null} candidate */
  #localCandidate(candidate) {
    if (!candidate?.candidate || !this.#endpoint || this.#closed) {
      return;
    }
    const { candidate: text, sdpMid, sdpMLineIndex } = candidate;
    // One that is refused costs a way, not the call.
    this.#kurento.invoke(this.#endpoint, 'addIceCandidate', {
      candidate: { __module__: 'kurento', __type__: 'IceCandidate', candidate: text, sdpMid, sdpMLineIndex },
    }).catch(() => {});
  }

  /** @param {RTCIceCandidateInit | undefined} candidate */
  #remoteCandidate(candidate) {
    if (!candidate?.candidate || this.#closed) {
      return;
    }
    // RFC 8839 section 5.1: foundation, component, transport, priority, address, port.
    const [, , transport, , , port] = candidate.candidate.split(' ');
    if (transport?.toLowerCase() === 'udp') {
      this.ports.add(Number(port));
    }
    const { sdpMid, sdpMLineIndex } = candidate;
    this.#peer.addIceCandidate({ candidate: candidate.candidate, sdpMid, sdpMLineIndex }).catch(() => {});
  }
}
