// npm knows the 6.x client here as kurento-client-6, but its own modules ask for
// kurento-client and would register their classes with the 7.x client. Load this
// before it.
'use strict';

/** @type {any} */
const Module = require('node:module');
const { sep } = require('node:path');

const inside = `${sep}kurento-client-6${sep}`;
const resolve = Module._resolveFilename;

/**
 * @param {string} request
 * @param {{filename?: string}} parent
 * @param {...unknown} rest
 */
Module._resolveFilename = function resolveAlias(request, parent, ...rest) {
  const alias = request === 'kurento-client' && parent?.filename?.includes(inside);
  return resolve.call(this, alias ? 'kurento-client-6' : request, parent, ...rest);
};
