// Stand-in for KurentoForks/reconnect-ws, on which kurento-client depends by a
// git address alone: a WebSocket that connects again by itself.
//
// It offers what kurento-client uses: reconnect(options, onConnection)
// .connect(uri, wsOptions) gives an emitter of connection, connect, reconnect,
// disconnect, fail and error; a connection is an emitter of data, end and close
// with write(text), end() and writable.
'use strict';

const { EventEmitter } = require('node:events');
const WebSocket = require('ws');

// Delays of the original: Fibonacci numbers from 100 ms to 10 s.
const FIRST_MS = 100;
const LAST_MS = 10_000;

class Connection extends EventEmitter {
  constructor(socket) {
    super();
    this.socket = socket;
    this.writable = true;
    socket.on('message', (text) => this.emit('data', text.toString()));
    socket.on('close', (code, reason) => {
      this.writable = false;
      this.emit('end');
      this.emit('close', code, reason);
    });
  }

  write(text) {
    if (!this.writable) return false;
    this.socket.send(text, () => {});
    return true;
  }

  end() {
    this.writable = false;
    this.socket.close();
  }
}

class Reconnector extends EventEmitter {
  constructor(options, onConnection) {
    super();
    this.failAfter = options.failAfter ?? Infinity;
    this.connected = false;
    this.reconnect = true;
    this.delays = [FIRST_MS, FIRST_MS];
    this.attempts = 0;
    this.on('error', () => {});
    if (onConnection) this.on('connection', onConnection);
  }

  connect(uri, wsOptions) {
    // The original's ws 0.4 sends the bare host and port as Origin, and knows
    // no compression: a server must bear with both.
    const options = { ...wsOptions, origin: new URL(uri).host, perMessageDeflate: false };
    const socket = new WebSocket(uri, options);
    socket.on('error', (error) => this.emit('error', error));
    socket.on('open', () => {
      this.connected = true;
      this.attempts = 0;
      this.delays = [FIRST_MS, FIRST_MS];
      this.connection = new Connection(socket);
      this.emit('connect', this.connection);
      this.emit('connection', this.connection);
    });
    socket.on('close', (code) => {
      const was = this.connected;
      this.connected = false;
      if (was) this.emit('disconnect', code);
      if (this.reconnect) this.retry(uri, wsOptions);
    });
    return this;
  }

  retry(uri, wsOptions) {
    if (this.attempts >= this.failAfter) {
      this.reconnect = false;
      this.emit('fail', new Error('no connection after ' + this.attempts + ' attempts'));
      return;
    }
    const [delay, next] = this.delays;
    this.delays = [next, Math.min(delay + next, LAST_MS)];
    this.timer = setTimeout(() => {
      if (!this.reconnect) return;
      this.emit('reconnect', this.attempts++, delay);
      this.connect(uri, wsOptions);
    }, delay);
  }

  disconnect() {
    this.reconnect = false;
    clearTimeout(this.timer);
    if (this.connection) this.connection.end();
    return this;
  }
}

module.exports = (options, onConnection) => new Reconnector(options ?? {}, onConnection);
