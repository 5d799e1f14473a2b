import { launchChromium, launchFirefox } from './browser.js';
import { connect, createEndpoint, ask, negotiate } from './kurento.js';
import { Room } from './peer.js';
import { Server } from './server.js';
import { Site } from './site.js';

/**
 * What one test stands on: a server, a site, browsers and the application's
 * client, all its own, all ended when the test ends.
 */
export class Lab {
  /**
   * @param {import('node:test').TestContext} t
   * @param {{env?: Record<string, string>, server?: boolean}} [options] server false: none is started
   */
  static async open(t, { env = {}, server = true } = {}) {
    const lab = new Lab(t);
    t.after(() => lab.close());
    if (server) await lab.server.start(env);
    await lab.site.start();
    return lab;
  }

  /** @param {import('node:test').TestContext} t */
  constructor(t) {
    this.server = new Server(t.name);
    this.site = new Site();
    /** @type {Record<string, import('./browser.js').Browser>} */
    this.browsers = {};
    /** @type {any[]} */
    this.clients = [];
  }

  /** A new page of the test site. @param {'chromium' | 'firefox'} [name] */
  async room(name = 'chromium') {
    this.browsers[name] ??= await (name === 'chromium' ? launchChromium() : launchFirefox());
    const room = new Room(await this.browsers[name].tab());
    await room.enter(this.site.url ?? '');
    return room;
  }

  /** An empty page of Chromium, with all that Playwright can do. */
  async page() {
    const browser = await launchChromium();
    this.browsers.page = browser;
    return browser.tab();
  }

  /**
   * The real kurento-client, connected.
   * @param {any} [library]
   * @param {object} [options]
   */
  async client(library, options) {
    const client = await connect(this.server.kurento, library, options);
    this.clients.push(client);
    return client;
  }

  /** A pipeline of a client of its own. */
  async pipeline() {
    const client = await this.client();
    return ask((done) => client.create('MediaPipeline', done));
  }

  /**
   * A peer in a page, negotiated with an endpoint of its own.
   *
   * @param {any} pipeline
   * @param {Room} room
   * @param {string} name
   * @param {import('../page/peer.js').PeerOptions} options
   * @param {import('./kurento.js').Wiring} [wiring]
   */
  async join(pipeline, room, name, options, wiring) {
    const endpoint = await createEndpoint(pipeline);
    const peer = await room.peer(name, options);
    await negotiate(peer, endpoint, wiring);
    return { peer, endpoint };
  }

  async close() {
    for (const client of this.clients) client.close();
    await Promise.all(Object.values(this.browsers).map((browser) => browser.close()));
    await this.site.stop();
    if (this.server.pid) await this.server.stop();
  }
}
