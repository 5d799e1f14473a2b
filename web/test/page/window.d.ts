import type { Lab } from './lab.js';

declare global {
  interface Window {
    lab: Lab;
    /** Put here by the test process: a candidate of a named peer. */
    ksfuCandidate(name: string, candidate: RTCIceCandidateInit): void;
  }
}
