import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';

/**
 * A real forward proxy in a few lines: CONNECT and absolute-form requests to the given destinations, each mapped to a
 * local port, and squid's 403 for all others.
 */
export class ConnectProxy {
  readonly server: http.Server | https.Server;
  /** The requests so far, as `METHOD target`. */
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Its answer to anything that it doesn't allow. */
  refusal = { status: 403, squidError: 'ERR_ACCESS_DENIED 0' };
  /** Accepts CONNECT and never answers. */
  silent = false;

  /**
   * @param allowed local ports by `host:port`
   * @param tls its certificate, if clients connect to it over TLS
   */
  constructor(
    private readonly allowed: ReadonlyMap<string, number>,
    tls?: { readonly cert: string; readonly key: string },
  ) {
    const carry = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      const url = new URL(request.url ?? '');
      this.note(request, url.href);
      const port = this.allowed.get(`${url.hostname}:${url.port || '80'}`);
      if (port === undefined) {
        response.writeHead(this.refusal.status, { 'X-Squid-Error': this.refusal.squidError });
        response.end('<html>refused</html>');
        return;
      }
      const { pathname, search } = url;
      const options = { port, path: pathname + search, method: request.method, headers: request.headers };
      request.pipe(
        http.request({ host: '127.0.0.1', ...options }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
    };
    this.server = tls === undefined ? http.createServer(carry) : https.createServer(tls, carry);
    this.server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      this.note(request, request.url ?? '');
      socket.on('error', () => socket.destroy());
      if (this.silent) return;
      const port = this.allowed.get(request.url ?? '');
      if (port === undefined) {
        const { status, squidError } = this.refusal;
        socket.end(`HTTP/1.1 ${status} Forbidden\r\nX-Squid-Error: ${squidError}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const upstream = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      upstream.on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
    });
  }

  private note(request: http.IncomingMessage, target: string): void {
    this.asked.push(`${request.method ?? ''} ${target}`);
    this.authorizations.push(request.headers['proxy-authorization']);
  }
}
