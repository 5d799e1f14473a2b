// @ts-check
import { COLUMNS, ROWS, colourOf, nearestColour, readBlocks } from './code.js';

// The picture is drawn down to this size before it is read.
const WIDTH = 160;
const HEIGHT = 120;

/**
 * Reads each frame that a video element presents and keeps account of what was
 * seen: of whom, in which order, in which size.
 */
export class Reader {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: WIDTH, height: HEIGHT });
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new Error('no 2d context');
    this.context = context;
    this.frames = 0;
    this.unreadable = 0;
    this.backwards = 0;
    /** Frames whose colour is not that of the publisher they name. */
    this.strange = 0;
    this.current = 0;
    this.colour = '';
    /** @type {Record<number, {first: number, last: number, frames: number}>} by publisher */
    this.publishers = {};
    this.width = 0;
    this.height = 0;
    /** Longest time between two new frames since the last reset, and the last frame's time, ms. */
    this.longestGap = 0;
    this.lastAt = 0;
    this.next = () => this.look();
    video.requestVideoFrameCallback(this.next);
  }

  look() {
    if (this.closed) return;
    this.video.requestVideoFrameCallback(this.next);
    this.width = this.video.videoWidth;
    this.height = this.video.videoHeight;
    this.context.drawImage(this.video, 0, 0, WIDTH, HEIGHT);
    const { data } = this.context.getImageData(0, 0, WIDTH, HEIGHT);
    const at = (/** @type {number} */ x, /** @type {number} */ y) => (Math.round(y) * WIDTH + Math.round(x)) * 4;
    const [w, h] = [WIDTH / COLUMNS, HEIGHT / 2 / ROWS];
    const blocks = Array.from({ length: COLUMNS * ROWS }, (_, i) => {
      const middle = at(((i % COLUMNS) + 0.5) * w, (Math.floor(i / COLUMNS) + 0.5) * h);
      return data[middle] + data[middle + 1] + data[middle + 2] > 3 * 128;
    });
    this.frames++;
    const read = readBlocks(blocks);
    if (!read) {
      this.unreadable++;
      return;
    }
    const colourAt = at(WIDTH / 2, HEIGHT * 0.75);
    this.account(read.publisher, read.counter, nearestColour(data.subarray(colourAt, colourAt + 3)));
  }

  /**
   * @param {number} publisher
   * @param {number} counter
   * @param {string} colour
   */
  account(publisher, counter, colour) {
    const seen = (this.publishers[publisher] ??= { first: counter, last: counter, frames: 0 });
    if (counter < seen.last) this.backwards++;
    if (colour !== colourOf(publisher).name) this.strange++;
    // The same picture presented twice is no new frame.
    if (counter !== seen.last || seen.frames === 0) {
      const now = performance.now();
      if (this.lastAt) this.longestGap = Math.max(this.longestGap, now - this.lastAt);
      this.lastAt = now;
      seen.frames++;
    }
    seen.last = counter;
    this.current = publisher;
    this.colour = colour;
  }

  report() {
    const { frames, unreadable, backwards, strange, current, colour, publishers, width, height } = this;
    const longestGap = this.lastAt ? Math.max(this.longestGap, performance.now() - this.lastAt) : 0;
    return { frames, unreadable, backwards, strange, current, colour, publishers, width, height, longestGap };
  }

  resetGap() {
    this.longestGap = 0;
    this.lastAt = performance.now();
  }

  close() {
    this.closed = true;
  }
}
