// @ts-check
import { Camera } from './camera.js';
import { Reader } from './reader.js';
import { Ear, Tone } from './tone.js';

/**
 * @typedef {object} PeerOptions what one RTCPeerConnection of a test does
 * @property {number} [publisher] its number; absent: it sends nothing
 * @property {boolean} [receives] takes video and audio
 * @property {boolean} [video] has a video part; default true
 * @property {boolean} [audio] has an audio part; default true
 * @property {string} [codec] the only video codec it takes and sends, as "H264"
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [fps]
 * @property {boolean} [noise] the picture is hard to encode
 * @property {RTCRtpEncodingParameters[]} [encodings] simulcast
 * @property {RTCConfiguration} [configuration]
 */

/** One RTCPeerConnection with the synthetic camera before it and readers behind. */
export class Peer {
  /**
   * @param {PeerOptions} options
   * @param {AudioContext} audio
   * @param {(candidate: RTCIceCandidateInit) => void} onCandidate
   */
  constructor(options, audio, onCandidate) {
    this.options = { video: true, audio: true, ...options };
    this.audio = audio;
    this.pc = new RTCPeerConnection(options.configuration);
    this.negotiationNeeded = 0;
    /** @type {RTCIceCandidateInit[] | null} candidates that came before the description */
    this.early = [];
    this.pc.onnegotiationneeded = () => this.negotiationNeeded++;
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) onCandidate(candidate.toJSON());
    };
    this.pc.ontrack = ({ track }) => this.receive(track);
    const { publisher } = options;
    if (publisher) {
      this.camera = this.options.video ? new Camera(publisher, options) : undefined;
      this.tone = this.options.audio ? new Tone(audio, publisher) : undefined;
    }
  }

  /** Adds the transceivers, as the side that makes the offer does. */
  prepare() {
    const { audio, video, receives, publisher, encodings } = this.options;
    const direction = publisher ? (receives ? 'sendrecv' : 'sendonly') : 'recvonly';
    if (audio) this.pc.addTransceiver(this.tone?.track ?? 'audio', { direction });
    if (!video) return;
    this.only(this.pc.addTransceiver(this.camera?.track ?? 'video', { direction, sendEncodings: encodings }));
  }

  /** @param {RTCRtpTransceiver} transceiver */
  only(transceiver) {
    const { codec } = this.options;
    if (!codec) return;
    const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
    const name = `video/${codec.toLowerCase()}`;
    // RTX goes along: without it there would be no retransmission to test.
    const chosen = all.filter(({ mimeType }) => [name, 'video/rtx'].includes(mimeType.toLowerCase()));
    if (!chosen.some(({ mimeType }) => mimeType.toLowerCase() === name)) throw new Error(`no ${codec} here`);
    transceiver.setCodecPreferences(chosen);
  }

  /** @param {RTCOfferOptions} [options] */
  async offer(options) {
    if (!this.pc.getTransceivers().length) this.prepare();
    await this.pc.setLocalDescription(await this.pc.createOffer(options));
    return this.pc.localDescription?.sdp ?? '';
  }

  /** @param {string} sdp */
  async accept(sdp) {
    await this.described({ type: 'answer', sdp });
  }

  /** @param {RTCSessionDescriptionInit} description */
  async described(description) {
    await this.pc.setRemoteDescription(description);
    const early = this.early ?? [];
    this.early = null;
    for (const candidate of early) await this.pc.addIceCandidate(candidate);
  }

  /** @param {RTCIceCandidateInit} candidate */
  async candidate(candidate) {
    if (this.early) this.early.push(candidate);
    else await this.pc.addIceCandidate(candidate);
  }

  /**
   * Answers an offer, sending what there is to send.
   * @param {string} sdp
   */
  async answer(sdp) {
    await this.described({ type: 'offer', sdp });
    for (const transceiver of this.pc.getTransceivers()) {
      const kind = transceiver.receiver.track.kind;
      const track = kind === 'video' ? this.camera?.track : this.tone?.track;
      if (kind === 'video') this.only(transceiver);
      if (!track) continue;
      await transceiver.sender.replaceTrack(track);
      transceiver.direction = this.options.receives ? 'sendrecv' : 'sendonly';
    }
    await this.pc.setLocalDescription();
    return this.pc.localDescription?.sdp ?? '';
  }

  /** @param {MediaStreamTrack} track */
  receive(track) {
    if (track.kind === 'audio') {
      this.ear?.close();
      this.ear = new Ear(this.audio, track);
      return;
    }
    if (this.reader) return;
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, width: 160 });
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    this.reader = new Reader(video);
  }

  /** What was seen and heard, and the states a test may ask for. */
  report() {
    return {
      seen: this.reader?.report(),
      heard: this.ear?.report(),
      connection: this.pc.connectionState,
      negotiationNeeded: this.negotiationNeeded,
      sent: this.camera?.counter,
    };
  }

  /** All statistics, as an array of plain objects. */
  async stats() {
    return [...(await this.pc.getStats()).values()];
  }

  close() {
    this.pc.close();
    this.camera?.close();
    this.tone?.close();
    this.ear?.close();
    this.reader?.video.remove();
    this.reader?.close();
  }
}
