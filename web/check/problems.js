// @ts-check
/** Every way this can fail, in one sentence that says what is wrong and how to mend it. */

/**
 * @typedef {object} Problem
 * @property {string} code for tests and bug reports
 * @property {string} step where it belongs: page, camera, server, network, picture
 * @property {string} sentence
 * @property {boolean} [certificate] installing the node's certificate is the cure
 */

/** Thrown with what is to be said. */
export class Trouble extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.sentence);
    this.problem = problem;
  }
}

/** @type {Problem} */
export const insecure = {
  code: 'insecure', step: 'page', certificate: true,
  sentence: 'The browser keeps the camera closed because this page is not secure: install this node\'s certificate and open the page by https, or open it as localhost on the machine that ksfu runs on.',
};

/**
 * @param {unknown} error of getUserMedia (W3C mediacapture-streams section 10.3)
 * @returns {Problem}
 */
export function cameraProblem(error) {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return {
        code: 'denied', step: 'camera',
        sentence: 'The browser may not use the camera and the microphone: allow both for this page (the sign beside its address, or the system\'s privacy settings) and press Start again.',
      };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { code: 'no-camera', step: 'camera', sentence: 'No camera was found: plug one in, or switch it on, and press Start again.' };
    case 'NotReadableError':
    case 'AbortError':
      return {
        code: 'in-use', step: 'camera',
        sentence: 'The camera could not be opened, mostly because another program uses it: close that program and press Start again.',
      };
    default:
      return { code: 'camera', step: 'camera', sentence: `The camera could not be opened (${name || String(error)}): try another browser or camera.` };
  }
}

/**
 * @param {number} status of /health asked with the token; 0 = it could not be asked
 * @param {boolean} hadToken
 * @returns {Problem | undefined} nothing where the node is content
 */
export function healthProblem(status, hadToken) {
  if (status === 200) {
    return hadToken ? undefined : {
      code: 'no-token', step: 'server',
      sentence: 'This link has no token: use the link that ksfu prints at its start, or add #access_token= and the token to the address.',
    };
  }
  if (status === 401) {
    return {
      code: 'wrong-token', step: 'server',
      sentence: 'The node does not know this link\'s token: use the link that ksfu prints at its start, or the token from the file it names there.',
    };
  }
  if (status === 429) {
    return { code: 'locked', step: 'server', sentence: 'Too many wrong tokens came from your address: wait half a minute and press Start again.' };
  }
  if (status === 0) {
    return { code: 'unreachable', step: 'server', sentence: 'The node does not answer: see whether ksfu is running and this device is in its network, then press Start again.' };
  }
  return { code: 'health', step: 'server', sentence: `The node does not work as it should (status ${status}): its log says why.` };
}

/** @type {Problem} */
export const refused = {
  code: 'refused', step: 'server',
  sentence: 'The node accepts the token but not the WebSocket: if a reverse proxy stands between, let it pass upgrades on /kurento.',
};

/**
 * @param {string} reason
 * @returns {Problem}
 */
export function signalling(reason) {
  return { code: 'signalling', step: 'server', sentence: `The connection to the node ended (${reason}): see whether ksfu still runs and press Start again.` };
}

/**
 * @param {string} message
 * @returns {Problem}
 */
export function answered(message) {
  return { code: 'server', step: 'server', sentence: `The node refused the call: ${message.replace(/\.?$/, '.')} Its log may say more.` };
}

/**
 * @param {Set<number>} ports
 * @returns {Problem}
 */
export function noPath(ports) {
  const which = ports.size === 0 ? 'the node offered no address for UDP, see ICE_SINGLE_PORT and ICE_NAT_1TO1_IPS'
    : `let UDP${ports.size === 1 ? ` port ${[...ports][0]}` : ` ports ${[...ports].sort((a, b) => a - b).join(', ')}`} pass the firewall to the node, and behind NAT set ICE_NAT_1TO1_IPS to its public address`;
  return { code: 'no-path', step: 'network', sentence: `No media path was found, neither UDP nor TCP: ${which}.` };
}

/**
 * @param {string | undefined} said by the node
 * @returns {Problem}
 */
export function noFrames(said) {
  const why = said ? `the node says "${said}"` : 'look into the node\'s log, and try another browser';
  return { code: 'no-frames', step: 'picture', sentence: `The connection stands, but no picture came back within 10 seconds: ${why}.` };
}

/**
 * @param {Set<number>} ports
 * @returns {Problem}
 */
export function tcpOnly(ports) {
  const cure = ports.size === 0 ? 'the node offers no UDP, see ICE_SINGLE_PORT and ICE_PORT_RANGE'
    : `let UDP${ports.size === 1 ? ` port ${[...ports][0]}` : ''} pass the firewalls between this device and the node`;
  return { code: 'tcp-only', step: 'network', sentence: `It works, but over TCP alone, which stutters on a bad line: ${cure}.` };
}
