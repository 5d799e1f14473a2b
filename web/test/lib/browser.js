import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';

/**
 * What a test needs of a page, of whichever browser.
 * @typedef {object} Tab
 * @property {<A, R>(body: (argument: A) => R, argument: A) => Promise<Awaited<R>>} evaluate
 * @property {(name: string, body: Function) => Promise<unknown>} exposeFunction
 * @property {(url: string) => Promise<unknown>} goto
 */

/**
 * @typedef {object} Browser
 * @property {() => Promise<Tab>} tab opens an empty page
 * @property {() => Promise<void>} close
 */

const CHROMIUM_ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

const FIREFOX_PREFS = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  // Without a sound card an AudioContext would never run.
  'media.cubeb.force_mock_context': true,
  'media.cubeb.sandbox': false,
};

/** Chromium, with a profile made for this run. */
export async function launchChromium() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: CHROMIUM_ARGS,
  });
  return { tab: () => browser.newPage(), close: () => browser.close() };
}

/** @returns {Promise<Browser>} Firefox, with a profile made for this run */
export async function launchFirefox() {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: FIREFOX_PREFS,
  });
  const tab = async () => /** @type {Tab} */ (/** @type {unknown} */ (await browser.newPage()));
  return { tab, close: () => browser.close() };
}
