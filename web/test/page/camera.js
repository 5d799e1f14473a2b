// @ts-check
import { COLUMNS, ROWS, blocksOf, colourOf } from './code.js';

/**
 * A synthetic camera: a canvas whose frames carry a number that rises by one.
 */
export class Camera {
  /**
   * @param {number} publisher 1 to 255: in every frame, and gives the colour
   * @param {{width?: number, height?: number, fps?: number, noise?: boolean}} [options]
   *   noise: beside the colour, to make the encoder use the bitrate it may
   */
  constructor(publisher, { width = 320, height = 240, fps = 15, noise = false } = {}) {
    this.publisher = publisher;
    this.counter = 0;
    this.noise = noise;
    this.canvas = document.createElement('canvas');
    Object.assign(this.canvas, { width, height });
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('no 2d context');
    this.context = context;
    this.draw();
    this.stream = this.canvas.captureStream(fps);
    this.timer = setInterval(() => this.draw(), 1000 / fps);
    this.track = this.stream.getVideoTracks()[0];
  }

  draw() {
    const { canvas, context } = this;
    this.counter++;
    context.fillStyle = `rgb(${colourOf(this.publisher).rgb.join()})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (this.noise) this.scatter();
    const [w, h] = [canvas.width / COLUMNS, canvas.height / 2 / ROWS];
    blocksOf(this.publisher, this.counter).forEach((white, i) => {
      context.fillStyle = white ? '#fff' : '#000';
      context.fillRect((i % COLUMNS) * w, Math.floor(i / COLUMNS) * h, w, h);
    });
  }

  /** Small grey squares at random, left and right of where the colour is read. */
  scatter() {
    const { canvas, context } = this;
    const size = canvas.height / 90;
    for (let i = 0; i < 400; i++) {
      const x = Math.random() * canvas.width * 0.7;
      const y = canvas.height * (0.5 + Math.random() / 2);
      context.fillStyle = `hsl(0 0% ${Math.random() * 100}%)`;
      context.fillRect(x < canvas.width * 0.35 ? x : x + canvas.width * 0.3, y, size, size);
    }
  }

  close() {
    clearInterval(this.timer);
    this.track.stop();
  }
}
