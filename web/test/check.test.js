// The page /check, as the owner of a node sees it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import { Lab } from './lib/lab.js';
import { results } from './lib/server.js';
import { until } from './lib/until.js';

const { source: axe } = createRequire(import.meta.url)('axe-core');

/**
 * The page of a node, before anything is pressed. What a browser reports as an
 * error (a script that fails, a blocked file) fails the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {{fragment?: string, env?: Record<string, string>, before?: () => void}} [options]
 */
async function open(t, { fragment, env, before } = {}) {
  const lab = await Lab.open(t, { env });
  const page = await lab.page();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  if (before) await page.addInitScript(before);
  await page.goto(`http://localhost:${lab.server.httpPort}/check${fragment ?? `#access_token=${lab.server.token}`}`);
  const check = page.locator('#check');
  const says = async (/** @type {string} */ state) => {
    await until(`the page is ${state}`, async () => {
      const now = await check.getAttribute('data-state');
      if (now === state) return true;
      throw new Error(`${now}: ${await page.locator('#sentence').textContent()}`);
    });
    return { problem: await check.getAttribute('data-problem'), sentence: (await page.locator('#sentence').textContent()) ?? '' };
  };
  return { page, errors, says, server: lab.server };
}

test('/check sends the camera through the server and back', { timeout: 60_000 }, async (t) => {
  const { page, errors, says } = await open(t);
  await page.locator('#start').click();
  await says('good');
  const figure = (/** @type {string} */ name) => page.locator(`[data-figure="${name}"]`).textContent();
  const frames = async () => Number.parseInt((await figure('frames')) ?? '', 10);
  const first = await frames();
  await until('frames are decoded on and on', async () => (await frames()) > first + 20);
  assert.match((await figure('path')) ?? '', /UDP/);
  assert.match((await figure('video')) ?? '', /VP8|VP9|H264|AV1/);
  assert.match((await figure('audio')) ?? '', /opus/i);
  assert.match((await figure('rtt')) ?? '', /\d/);
  const returned = await page.evaluate(() => {
    const video = /** @type {HTMLVideoElement} */ (document.getElementById('returned'));
    return { width: video.videoWidth, time: video.currentTime };
  });
  assert(returned.width > 0 && returned.time > 0, JSON.stringify(returned));

  mkdirSync(results, { recursive: true });
  await page.screenshot({ path: join(results, 'check.png'), fullPage: true });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => /** @type {any} */ (window).axe.run());
  assert.deepEqual(violations.map((/** @type {any} */ one) => one.help), [], 'everybody can use it');

  await page.locator('#stop').click();
  await says('idle');
  assert.deepEqual(errors, []);
});

test('/check says in a sentence what is wrong', { timeout: 90_000 }, async (t) => {
  await t.test('a link without a token', async (t) => {
    const { page, says } = await open(t, { fragment: '' });
    await page.locator('#start').click();
    const { problem, sentence } = await says('failed');
    assert.equal(problem, 'no-token');
    assert.match(sentence, /no token/);
  });

  await t.test('a wrong token', async (t) => {
    const { page, says } = await open(t, { fragment: '#access_token=wrong' });
    await page.locator('#start').click();
    assert.equal((await says('failed')).problem, 'wrong-token');
  });

  await t.test('no permission', async (t) => {
    const denied = () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    };
    const { page, says } = await open(t, { before: denied });
    await page.locator('#start').click();
    const { problem, sentence } = await says('failed');
    assert.equal(problem, 'denied');
    assert.match(sentence, /allow/);
  });

  await t.test('no UDP', async (t) => {
    // As in a network that drops UDP: the browser never learns of UDP
    // candidates, and an ICE lite server sends no checks of its own.
    const withoutUDP = () => {
      const prototype = /** @type {any} */ (RTCPeerConnection.prototype);
      const { addIceCandidate, setRemoteDescription } = prototype;
      const isUDP = (/** @type {string | undefined} */ line) => / udp /i.test(line ?? '');
      prototype.addIceCandidate = function add(/** @type {any} */ candidate = {}) {
        return isUDP(candidate.candidate) ? Promise.resolve() : addIceCandidate.call(this, candidate);
      };
      prototype.setRemoteDescription = function set(/** @type {any} */ { type, sdp }) {
        const lines = sdp.split('\r\n').filter((/** @type {string} */ line) => !(line.startsWith('a=candidate:') && isUDP(line)));
        return setRemoteDescription.call(this, { type, sdp: lines.join('\r\n') });
      };
    };
    const { page, says } = await open(t, { env: { ICE_LITE: '1' }, before: withoutUDP });
    await page.locator('#start').click();
    const { sentence } = await says('warn');
    assert.match(sentence, /UDP/);
    assert.match((await page.locator('[data-figure="path"]').textContent()) ?? '', /TCP/);
  });
});
