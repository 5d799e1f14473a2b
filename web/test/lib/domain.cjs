// kurento-client inherits from domain.Domain and calls it as a function, which
// the class of today's Node refuses. Load this before the client.
'use strict';

const domain = require('node:domain');
const { EventEmitter } = require('node:events');
const { inherits } = require('node:util');

/** @this {EventEmitter} */
function Domain() {
  EventEmitter.call(this);
}
inherits(Domain, EventEmitter);

/**
 * @this {EventEmitter}
 * @param {() => void} body
 */
Domain.prototype.run = function run(body) {
  try {
    body();
  } catch (error) {
    this.emit('error', error);
  }
  return this;
};

Object.defineProperty(domain, 'Domain', { value: Domain });
