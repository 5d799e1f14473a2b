// @ts-check

/**
 * The pitch of a publisher, Hz: far apart, and no multiples of each other.
 * @param {number} publisher from 1
 */
export const pitchOf = (publisher) => 370 + 290 * publisher;

/** A steady tone as an audio track. */
export class Tone {
  /**
   * @param {AudioContext} audio
   * @param {number} publisher
   */
  constructor(audio, publisher) {
    this.oscillator = new OscillatorNode(audio, { frequency: pitchOf(publisher) });
    const destination = audio.createMediaStreamDestination();
    this.oscillator.connect(new GainNode(audio, { gain: 0.5 })).connect(destination);
    this.oscillator.start();
    this.track = destination.stream.getAudioTracks()[0];
  }

  close() {
    this.oscillator.stop();
    this.track.stop();
  }
}

/** Hears which publisher's tone is in a remote track. */
export class Ear {
  /**
   * @param {AudioContext} audio
   * @param {MediaStreamTrack} track
   */
  constructor(audio, track) {
    const stream = new MediaStream([track]);
    // Chromium feeds WebAudio from a remote track only while an element plays it.
    this.element = new Audio();
    this.element.muted = true;
    this.element.srcObject = stream;
    this.element.play();
    this.analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 });
    audio.createMediaStreamSource(stream).connect(this.analyser);
    this.hertz = audio.sampleRate / this.analyser.fftSize;
  }

  /** @returns {{pitch: number, level: number}} loudest frequency in Hz, its level in dB */
  report() {
    const levels = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(levels);
    const loudest = levels.reduce((best, level, i) => (level > levels[best] ? i : best), 0);
    // Silence is -Infinity, which JSON does not know.
    return { pitch: loudest * this.hertz, level: Math.max(levels[loudest], -200) };
  }

  close() {
    this.element.srcObject = null;
  }
}
