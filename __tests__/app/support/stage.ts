import 'reflect-metadata';
import { once } from 'node:events';
import * as http from 'node:http';
import * as net from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import * as x509 from '@peculiar/x509';

import type { Report, Settings } from '../../../app/types';
import { ConnectProxy } from './stand-ins';
import { S3StandIn } from './stand-ins';

/**
 * Jest runs tests in a separate realm, where an error from Node's network modules isn't an `instanceof Error`: the AWS
 * SDK then wraps it, and its code is lost. With this, the test's realm sees errors as a normal process would.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === Error) return Object.prototype.toString.call(value) === '[object Error]';
    return Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

export const APP = join(__dirname, '../../../app');

export type Env = Record<string, string | undefined>;

export const { readSettings } = jest.requireActual<{ readSettings: (env: Env) => Settings }>(
  join(APP, 'src/settings.js'),
);
export const { createServer } = jest.requireActual<{
  createServer: (settings: Settings, log: (line: string) => void) => http.Server;
}>(join(APP, 'src/app.js'));

/** An application under test, and the lines that it has logged. */
export interface Running {
  readonly url: string;
  readonly log: string[];
  /** Waits until this many requests are logged, which happens after the client has its answer. */
  readonly logged: (count: number) => Promise<string[]>;
  readonly report: () => Promise<Report>;
}

/** Everything that a test has started, so that it ends even if the test fails. */
export class Stage {
  private readonly servers: net.Server[] = [];
  private readonly sockets = new Map<net.Socket, net.Server>();

  async listen(server: net.Server): Promise<number> {
    this.servers.push(server);
    server.on('connection', (socket: net.Socket) => {
      this.sockets.set(socket, server);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return portOf(server);
  }

  /** The application in this process. */
  async app(env: Env): Promise<Running> {
    const log: string[] = [];
    const port = await this.listen(createServer(readSettings(env), (line) => log.push(line)));
    const url = `http://127.0.0.1:${port}`;
    const report = async () => (await (await fetch(`${url}/egress`)).json()) as Report;
    const logged = async (count: number) => {
      while (log.length < count) await setImmediate();
      return log;
    };
    return { url, log, logged, report };
  }

  /** A website that answers every request with the status. */
  site(status: number, headers: http.OutgoingHttpHeaders = {}): Promise<number> {
    return this.listen(http.createServer((_request, response) => response.writeHead(status, headers).end('site')));
  }

  /** A server that accepts connections and sends nothing. */
  silent(): Promise<number> {
    return this.listen(net.createServer((socket) => socket.on('error', () => socket.destroy())));
  }

  async proxy(allowed: Record<string, number>): Promise<{ proxy: ConnectProxy; address: string }> {
    const proxy = new ConnectProxy(new Map(Object.entries(allowed)));
    return { proxy, address: `http://127.0.0.1:${await this.listen(proxy.server)}` };
  }

  /** A server that uses TLS, as `localhost`. */
  async secureProxy(allowed: Record<string, number>): Promise<{ proxy: ConnectProxy; address: string; cert: string }> {
    const certificate = await makeCertificate('localhost');
    const proxy = new ConnectProxy(new Map(Object.entries(allowed)), certificate);
    const address = `https://localhost:${await this.listen(proxy.server)}`;
    return { proxy, address, cert: certificate.cert };
  }

  async s3(): Promise<{ s3: S3StandIn; port: number; cert: string }> {
    const certificate = await makeCertificate('bucket.s3.test', 'www.site.test');
    const s3 = new S3StandIn(certificate);
    return { s3, port: await this.listen(s3.server), cert: certificate.cert };
  }

  /** Ends all connections of a server. */
  cut(server: net.Server): void {
    for (const [socket, owner] of this.sockets) if (owner === server) socket.destroy();
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.splice(0).map(async (server) => {
        const closed = once(server, 'close');
        server.close();
        this.cut(server);
        await closed;
      }),
    );
  }
}

/** A self-signed certificate for these names, and its key, as PEM. */
async function makeCertificate(...names: string[]): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const day = 24 * 60 * 60 * 1000;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=stand-in',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}

export const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

/** A port that was free a moment ago: connecting to it is refused. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** VCAP_SERVICES with the demo's service, as a user-provided one. */
export function vcapServices(endpoint: string, credentials: Record<string, unknown> = {}): string {
  const all = {
    uri: `s3://key:secret@${endpoint}/bucket`,
    insecure_skip_verify: true,
    access_key_id: 'AKIDEXAMPLE',
    secret_access_key: 'the-secret-key',
    region: 'us-gov-west-1',
    bucket: 'bucket',
    endpoint,
    fips_endpoint: endpoint,
    additional_buckets: [],
    ...credentials,
  };
  return JSON.stringify({
    's3-other': [{ label: 's3-other', name: 'other', tags: [], credentials: {} }],
    'user-provided': [{ label: 'user-provided', name: 'egress-test-s3', tags: [], credentials: all }],
  });
}
