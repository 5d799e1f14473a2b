// @ts-check
/** Tries out page, camera, token, network and picture, in this order. */

import { Call } from './call.js';
import { read } from './figures.js';
import { ConnectionError, Kurento, ServerError } from './kurento.js';
import * as problems from './problems.js';
import * as view from './view.js';

/** ICE fails by itself after about 15 s; a browser may stay silent, so look after this (ms). */
const pathWithin = 20_000;
/** A picture that is not back this long (ms) after the path stood will not come. */
const pictureWithin = 10_000;
const lookEvery = 1_000;

/** Everything that belongs to one run; a new one begins with Start. */
class Run {
  /** @type {MediaStream | undefined} */
  #camera;
  /** @type {Call | undefined} */
  #call;
  /** @type {Set<number>} */
  #timers = new Set();
  #ended = false;
  /** @type {number | undefined} */
  #connectedAt;
  /** @type {string | undefined} */
  #said;
  /** @type {import('./figures.js').Sample | undefined} */
  #sample;

  async start() {
    view.clear();
    try {
      this.#checkPage();
      await this.#openCamera();
      const kurento = await this.#openServer();
      if (this.#ended || !this.#camera) { // Stop was pressed meanwhile
        kurento.close(undefined);
        return;
      }
      await this.#negotiate(kurento, this.#camera);
    } catch (error) {
      this.#fail(problemOf(error));
    }
  }

  /** Ends everything; says nothing. */
  end() {
    this.#ended = true;
    for (const timer of this.#timers) {
      window.clearTimeout(timer);
    }
    this.#call?.close();
    for (const track of this.#camera?.getTracks() ?? []) {
      track.stop();
    }
    view.local.srcObject = null;
    view.returned.srcObject = null;
  }

  #checkPage() {
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      throw new problems.Trouble(problems.insecure);
    }
    view.step('page', 'good', location.protocol === 'https:' ? 'yes, by HTTPS' : 'yes, this machine');
  }

  async #openCamera() {
    view.say('busy', 'Allow the camera and the microphone when the browser asks.');
    const video = { width: { ideal: 1280 }, height: { ideal: 720 } };
    let sound = true;
    try {
      this.#camera = await navigator.mediaDevices.getUserMedia({ video, audio: true });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'NotFoundError') {
        throw new problems.Trouble(problems.cameraProblem(error));
      }
      sound = false; // perhaps the microphone alone is missing
      this.#camera = await navigator.mediaDevices.getUserMedia({ video }).catch((reason) => {
        throw new problems.Trouble(problems.cameraProblem(reason));
      });
    }
    if (this.#ended) {
      this.end();
      return;
    }
    view.local.srcObject = this.#camera;
    view.step('camera', sound ? 'good' : 'warn', sound ? 'yes' : 'yes, without a microphone');
  }

  async #openServer() {
    view.say('busy', 'Asking the node.');
    const token = tokenOfLink();
    const status = await health(token);
    const problem = problems.healthProblem(status, token !== '');
    if (problem) {
      throw new problems.Trouble(problem);
    }
    const url = new URL('../kurento', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = new URLSearchParams({ access_token: token }).toString();
    url.hash = '';
    const kurento = await Kurento.open(url).catch(() => {
      throw new problems.Trouble(problems.refused);
    });
    view.step('server', 'good', 'yes');
    return kurento;
  }

  /**
   * @param {Kurento} kurento
   * @param {MediaStream} camera
   */
  async #negotiate(kurento, camera) {
    view.say('busy', 'Looking for a path for the media.');
    const call = new Call(kurento, camera, {
      returned: (stream) => {
        view.returned.srcObject = stream;
      },
      connection: (state) => this.#connection(state),
      failure: (description) => {
        this.#said = description;
      },
      ended: (reason) => this.#fail(problems.signalling(reason)),
    });
    this.#call = call;
    await call.start();
    this.#after(pathWithin, () => {
      if (this.#connectedAt === undefined) {
        this.#fail(problems.noPath(call.ports));
      }
    });
    await this.#look(call);
  }

  /** @param {RTCPeerConnectionState} state */
  #connection(state) {
    if (this.#ended || !this.#call) {
      return;
    }
    if (state === 'connected' && this.#connectedAt === undefined) {
      this.#connectedAt = performance.now();
      view.step('network', 'good', 'yes');
      view.say('busy', 'Waiting for the picture to come back.');
    } else if (state === 'failed') {
      this.#fail(problems.noPath(this.#call.ports));
    }
  }

  /**
   * Looks at the figures each second until the run ends.
   * @param {Call} call
   */
  async #look(call) {
    const report = await call.stats();
    if (this.#ended) {
      return;
    }
    const { figures, sample, frames, overTCP } = read(report, this.#sample);
    this.#sample = sample;
    view.figures({ ...figures });
    if (this.#connectedAt !== undefined) {
      if (frames > 0) {
        this.#works(call, overTCP);
      } else if (performance.now() - this.#connectedAt > pictureWithin) {
        this.#fail(problems.noFrames(this.#said));
        return;
      }
    }
    this.#after(lookEvery, () => this.#look(call));
  }

  /**
   * @param {Call} call
   * @param {boolean} overTCP
   */
  #works(call, overTCP) {
    view.step('picture', 'good', 'yes');
    if (overTCP) {
      const problem = problems.tcpOnly(call.ports);
      view.step('network', 'warn', 'TCP alone');
      view.say('warn', problem.sentence, problem);
    } else {
      view.step('network', 'good', 'yes, UDP');
      view.say('good', 'All is well: your picture goes to the node and comes back.');
    }
  }

  /** @param {problems.Problem} problem */
  #fail(problem) {
    if (this.#ended) {
      return;
    }
    this.end();
    view.step(problem.step, 'bad', 'no');
    view.say('failed', problem.sentence, problem);
  }

  /**
   * @param {number} delay ms
   * @param {() => void} what
   */
  #after(delay, what) {
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#ended) {
        what();
      }
    }, delay);
    this.#timers.add(timer);
  }
}

/**
 * @param {unknown} error
 * @returns {problems.Problem}
 */
function problemOf(error) {
  if (error instanceof problems.Trouble) {
    return error.problem;
  }
  if (error instanceof ConnectionError) {
    return problems.signalling(error.message.replace(/\.$/, ''));
  }
  return problems.answered(error instanceof ServerError ? `${error.message} (${error.code})` : String(error));
}

/** The token stands in the link's fragment, which is not sent or logged, or in its query. */
function tokenOfLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  return fragment.get('access_token') ?? new URLSearchParams(location.search).get('access_token') ?? '';
}

/**
 * A refused WebSocket does not say why, so ask first by HTTP.
 * @param {string} token
 * @returns {Promise<number>} status, 0 where there was no answer
 */
async function health(token) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  try {
    const response = await fetch(new URL('../health', location.href), { headers, cache: 'no-store' });
    return response.status;
  } catch {
    return 0;
  }
}

/** @type {Run | undefined} */
let run;

view.start.addEventListener('click', () => {
  run?.end();
  run = new Run();
  run.start();
});

view.stop.addEventListener('click', () => {
  run?.end();
  view.say('idle', 'Stopped. Press Start to try again.');
});

view.sound.addEventListener('change', () => {
  view.returned.muted = !view.sound.checked;
});

window.addEventListener('pagehide', () => run?.end());
window.addEventListener('pageshow', (event) => {
  if (event.persisted) { // back from the browser's cache: what ran is gone
    view.say('idle', 'Press Start to try again.');
  }
});
window.addEventListener('hashchange', () => {
  run?.end();
  view.clear();
  view.say('idle', 'The link has changed. Press Start.');
});

if (!window.isSecureContext) { // say it before anybody presses anything
  view.step('page', 'bad', 'no');
  view.say('failed', problems.insecure.sentence, problems.insecure);
}
