import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { until } from './until.js';

/**
 * A WebSocket by hand, that sends what no well-behaved client would: a test of
 * bad input must not be refused by its own library.
 */
export class Wire {
  /**
   * @param {string} url ws:// only
   * @param {Record<string, string>} [headers] beside those of the handshake
   */
  static async open(url, headers = {}) {
    const { hostname, port, pathname, search } = new URL(url);
    const asked = request({
      hostname,
      port,
      path: pathname + search,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        ...headers,
      },
    });
    asked.end();
    const [, socket, head] = await Promise.race([
      once(asked, 'upgrade'),
      once(asked, 'response').then(([response]) => {
        response.destroy();
        throw new Error(`the server answers the upgrade with ${response.statusCode}`);
      }),
    ]);
    return new Wire(socket, head);
  }

  /**
   * @param {import('node:net').Socket} socket
   * @param {Buffer} head
   */
  constructor(socket, head) {
    this.socket = socket;
    this.buffer = head;
    /** @type {any[]} */
    this.messages = [];
    /** @type {{code: number, reason: string} | undefined} how the server closed it */
    this.closed = undefined;
    this.ended = false;
    this.id = 0;
    socket.on('data', (data) => {
      this.buffer = Buffer.concat([this.buffer, data]);
      while (this.frame());
    });
    socket.on('error', () => {});
    socket.on('close', () => (this.ended = true));
    while (this.frame());
  }

  /** Takes one whole frame out of the buffer. */
  frame() {
    const { buffer } = this;
    if (buffer.length < 2) return false;
    let [length, start] = [buffer[1] & 0x7f, 2];
    if (length === 126) [length, start] = [buffer.length < 4 ? Infinity : buffer.readUInt16BE(2), 4];
    else if (length === 127) [length, start] = [buffer.length < 10 ? Infinity : Number(buffer.readBigUInt64BE(2)), 10];
    if (buffer.length < start + length) return false;
    const payload = buffer.subarray(start, start + length);
    this.buffer = buffer.subarray(start + length);
    const opcode = buffer[0] & 0x0f;
    if (opcode === 1) this.messages.push(JSON.parse(payload.toString()));
    if (opcode === 8) this.closed = { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) };
    if (opcode === 9) this.send(payload, 10);
    return true;
  }

  /**
   * Sends one frame: text unless told otherwise.
   * @param {string | Buffer} data
   * @param {number} [opcode]
   */
  send(data, opcode = 1) {
    const payload = Buffer.from(data);
    const head = Buffer.alloc(14);
    head[0] = 0x80 | opcode;
    let start = 2;
    if (payload.length < 126) head[1] = payload.length;
    else if (payload.length < 65536) [head[1], start] = [126, head.writeUInt16BE(payload.length, 2)];
    else [head[1], start] = [127, head.writeBigUInt64BE(BigInt(payload.length), 2)];
    head[1] |= 0x80;
    // An all-zero mask leaves the payload as it is.
    this.socket.write(Buffer.concat([head.subarray(0, start + 4), payload]));
  }

  /**
   * @param {string} what in words, for the error
   * @param {(message: any) => boolean} match
   */
  reply(what, match) {
    return until(`a reply to ${what}`, () => {
      const found = this.messages.find(match);
      if (!found && this.ended) throw new Error(`closed: ${JSON.stringify(this.closed)}`);
      return found;
    });
  }

  /**
   * One JSON-RPC request; its reply, with result or error.
   * @param {string} method
   * @param {unknown} [params]
   */
  ask(method, params) {
    const id = ++this.id;
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.reply(method, (message) => message.id === id);
  }

  /**
   * An operation of an object.
   * @param {string} object
   * @param {string} operation
   * @param {unknown} [operationParams]
   */
  invoke(object, operation, operationParams) {
    return this.ask('invoke', { object, operation, operationParams });
  }

  /** How the server closes it, once it has. */
  close() {
    return until('a close with its reason', () => this.closed);
  }

  end() {
    this.socket.destroy();
  }
}
