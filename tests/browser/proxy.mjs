// A reverse proxy in front of the program, as people have one who share a host among several programs.

import http from 'node:http';

/**
 * @typedef {object} Kind
 * @property {string} [base] below it the program is; for anything else there is nobody, and it is kept in `elsewhere`
 * @property {boolean} [takesOff] the program is asked without the base path, as nginx does with a `proxy_pass` that has a path
 * @property {(request: http.IncomingMessage) => {status: number, body: string}|null} [refuses]
 */

/**
 * @param {any} t
 * @param {any} server
 * @param {Kind} kind
 */
export async function startProxy(t, server, kind) {
  const base = kind.base || '';
  /** @type {string[]} */
  const elsewhere = [];

  /** @param {string} url @returns {string|null} as the program is asked */
  function inside(url) {
    if (url !== base && !url.startsWith(`${base}/`) && !url.startsWith(`${base}?`)) {
      elsewhere.push(url);
      return null;
    }
    return kind.takesOff ? url.slice(base.length) || '/' : url;
  }

  /** @param {http.IncomingMessage} request @param {string} path */
  function behind(request, path) {
    return http.request(server.url + path, { method: request.method, headers: request.headers, setHost: false });
  }

  const proxy = http.createServer((request, response) => {
    const path = inside(request.url || '');
    const refused = path === null ? { status: 404, body: '<h1>404 Not Found</h1>' } : kind.refuses && kind.refuses(request);
    if (path === null || refused) {
      request.resume();
      request.on('end', () => response.writeHead((refused || { status: 404 }).status).end(refused ? refused.body : ''));
      return;
    }
    const asked = behind(request, path);
    asked.on('response', (answer) => {
      response.writeHead(answer.statusCode || 502, answer.headers);
      answer.pipe(response);
    });
    // Event streams end with their page.
    asked.on('error', () => response.destroy());
    response.on('close', () => asked.destroy());
    request.pipe(asked);
  });
  proxy.on('upgrade', (request, socket, head) => {
    const path = inside(request.url || '');
    if (path === null) {
      socket.destroy();
      return;
    }
    const asked = behind(request, path);
    asked.on('upgrade', (answer, other, first) => {
      const headers = answer.rawHeaders.map((text, at) => (at % 2 ? `${text}\r\n` : `${text}: `)).join('');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`);
      socket.write(first);
      other.write(head);
      other.pipe(socket).pipe(other);
      other.on('error', () => socket.destroy());
      socket.on('error', () => other.destroy());
    });
    asked.on('response', () => socket.destroy());
    asked.on('error', () => socket.destroy());
    asked.end();
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(null)));
  t.atEnd(async () => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return {
    url: `http://127.0.0.1:${/** @type {any} */ (proxy.address()).port}${base}`,
    /** What was asked for outside of the base path: addresses that a page forgot it in. */
    elsewhere,
  };
}
