// @ts-check
/**
 * The Kurento protocol as far as this page speaks it: JSON-RPC 2.0 over one
 * WebSocket, one object per text frame.
 */

/** An answer that is no answer within this time (ms) is a failure. */
const answerWithin = 10_000;

/** What the server answered instead of a result. */
export class ServerError extends Error {
  /**
   * @param {string} message
   * @param {number} code
   */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** The connection could not be opened or has ended. */
export class ConnectionError extends Error {}

/** @typedef {{object: string, type: string, data: any}} ServerEvent */

export class Kurento {
  /** @type {WebSocket} */
  #socket;
  #next = 0;
  /** @type {string | undefined} */
  #session;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (reason: Error) => void, timer: number}>} */
  #waiting = new Map();
  /** Called for each event. @type {(event: ServerEvent) => void} */
  onevent = () => {};
  /** Called once when the connection ends without close(). @type {(reason: string) => void} */
  onend = () => {};

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener('message', (message) => this.#receive(String(message.data)));
    socket.addEventListener('close', (event) => this.#end(event.reason || `code ${event.code}`));
  }

  /**
   * @param {URL} url with its token
   * @returns {Promise<Kurento>}
   */
  static open(url) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      const refused = () => reject(new ConnectionError('The WebSocket was refused.'));
      const timer = window.setTimeout(() => {
        socket.close();
        refused();
      }, answerWithin);
      socket.addEventListener('open', () => {
        window.clearTimeout(timer);
        resolve(new Kurento(socket));
      }, { once: true });
      socket.addEventListener('close', () => {
        window.clearTimeout(timer);
        refused();
      }, { once: true });
    });
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @returns {Promise<any>} the result's value
   */
  request(method, params) {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new ConnectionError('The connection has ended.'));
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new ConnectionError(`The node did not answer to ${method} within ${answerWithin / 1000} seconds.`));
      }, answerWithin);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send(id, method, params);
    });
  }

  /**
   * @param {string} object
   * @param {string} operation
   * @param {Record<string, unknown>} [operationParams]
   */
  invoke(object, operation, operationParams = {}) {
    return this.request('invoke', { object, operation, operationParams });
  }

  /**
   * Releases an object and closes; works while the page is going away.
   * @param {string | undefined} object
   */
  close(object) {
    this.onend = () => {};
    if (this.#socket.readyState === WebSocket.OPEN && object) {
      this.#send(this.#next++, 'release', { object });
    }
    this.#socket.close(1000);
  }

  /**
   * @param {number} id
   * @param {string} method
   * @param {Record<string, unknown>} params
   */
  #send(id, method, params) {
    const session = this.#session ? { sessionId: this.#session } : {};
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, ...session } }));
  }

  /** @param {string} text */
  #receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return; // not ours to answer for; the request it belonged to times out
    }
    if (message.method === 'onEvent') {
      this.onevent(message.params?.value ?? {});
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) {
      return;
    }
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.error) {
      waiting.reject(new ServerError(String(message.error.message), Number(message.error.code)));
      return;
    }
    this.#session = message.result?.sessionId ?? this.#session;
    waiting.resolve(message.result?.value);
  }

  /** @param {string} reason */
  #end(reason) {
    for (const { reject, timer } of this.#waiting.values()) {
      window.clearTimeout(timer);
      reject(new ConnectionError(`The connection has ended (${reason}).`));
    }
    this.#waiting.clear();
    this.onend(reason);
  }
}
