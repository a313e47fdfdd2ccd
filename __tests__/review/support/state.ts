import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stores one state for the backend `http`. */
export class StateServer {
  private constructor(
    private readonly server: Server,
    private state: string,
  ) {
    server.on('request', (request, response) => {
      if (request.method === 'GET') {
        response.writeHead(this.state === '' ? 404 : 200).end(this.state);
        return;
      }
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.state = body;
        response.end();
      });
    });
  }

  /** @param state the initial state, from another server */
  static async start(state = ''): Promise<StateServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StateServer(server, state);
  }

  get content(): string {
    return this.state;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/state`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
