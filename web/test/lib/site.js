import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const pages = new URL('../page/', import.meta.url);

/**
 * Serves test/page on localhost (a secure context, so that pages may use
 * cameras), as the web server of an application would.
 */
export class Site {
  async start() {
    this.server = createServer(async (request, response) => {
      const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
      if (!/^[a-z]+\.(js|html)$/.test(name)) {
        response.writeHead(404).end();
        return;
      }
      const type = name.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
      response.writeHead(200, { 'content-type': type }).end(await readFile(new URL(name, pages)));
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    assert(address && typeof address === 'object');
    this.url = `http://localhost:${address.port}/`;
  }

  async stop() {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}
