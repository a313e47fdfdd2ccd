import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import {
  type Algorithms,
  type AuthContext,
  type Connection,
  Server as Protocol,
  type ServerChannel,
  utils,
} from 'ssh2';
import type { Cell, RemoteStream } from '../cell/cell';
import type { State } from '../cloud/state';
import { pump, ShellSession } from './session';

const KEY = 'ssh-host-key';

/** Generates the host key at the first start. Clients compare it with the fingerprint in the API. */
export const ensureHostKey = (state: State): void => {
  if (!state.facts.get(KEY)) {
    // Not with ssh2 1.17, which can't read one in 180 of the Ed25519 keys that it generates.
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    state.facts.put({ ...state.stamp(), guid: KEY, value: privateKey });
  }
};

export const hostKey = (state: State): string => String(state.facts.expect(KEY).value);

/** SHA-256 in base64 without padding, as `ssh-keygen -l` prints it, which the cf CLI recognizes by its length. */
export const fingerprintOf = (key: string): string => {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
};

/** Concurrent connections of all clients; further ones are closed. */
const MOST_CONNECTIONS = 64;
/** Milliseconds to log in. */
const LOGIN_TIMEOUT = 30_000;
const MOST_ATTEMPTS = 3;
/** Sessions and tunnels per connection. */
const MOST_CHANNELS = 32;
/** Milliseconds between keep-alive messages to a silent client, and how many may go unanswered. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 } as const;

/** Algorithms of the cf CLI and of current OpenSSH, and none older. */
const ALGORITHMS: Algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
};

/** The instance that a login gives access to. */
interface Place {
  readonly instanceGuid: string;
  readonly appGuid: string;
  readonly index: number;
}

interface SshServerOptions {
  readonly host: string;
  readonly port: number;
  /** The private key. */
  readonly hostKey: string;
  readonly cell: Cell;
  /** Checks a login, and returns the instance that it gives access to. Called once per attempt. */
  readonly enter: (user: string, password: string) => Place | undefined;
  readonly onFailure: (error: unknown) => void;
  /** @default 30_000 */
  readonly loginTimeout?: number;
}

/** An SSH server for shells in instances, and tunnels from their networks. */
export class SshServer {
  private readonly sockets = new Set<Socket>();
  private readonly protocol: Protocol;
  private readonly server: Server;
  /** Login timeouts of clients that have not logged in yet, by address. */
  private readonly strangers = new Map<string, NodeJS.Timeout>();

  private constructor(private readonly options: SshServerOptions) {
    const { hostKey } = options;
    this.protocol = new Protocol(
      { hostKeys: [hostKey], algorithms: ALGORITHMS, ...KEEPALIVE },
      (client, { ip, port }) => this.greet(client, `${ip} ${port}`),
    );
    this.server = createServer((socket) => this.take(socket));
    this.server.maxConnections = MOST_CONNECTIONS;
  }

  public static async listen(options: SshServerOptions): Promise<SshServer> {
    const server = new SshServer(options);
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject).listen(options.port, options.host, resolve);
    });
    return server;
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Closes all connections. */
  public async close(): Promise<void> {
    const closed = promisify(this.server.close.bind(this.server))();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private take(socket: Socket): void {
    const address = `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
    this.sockets.add(socket);
    this.strangers.set(
      address,
      setTimeout(() => socket.destroy(), this.options.loginTimeout ?? LOGIN_TIMEOUT),
    );
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.recognize(address);
    });
    this.protocol.injectSocket(socket);
  }

  private recognize(address: string): void {
    clearTimeout(this.strangers.get(address));
    this.strangers.delete(address);
  }

  private greet(client: Connection, address: string): void {
    let place: Place | undefined;
    let attempts = 0;
    // A client's error only closes its own connection.
    client.on('error', () => undefined);
    client.on('authentication', (attempt: AuthContext) => {
      // A client may have sent more attempts before it learns that it was disconnected.
      if (attempt.method === 'password' && attempts < MOST_ATTEMPTS) {
        attempts += 1;
        place = this.options.enter(attempt.username, attempt.password);
      }
      if (place) {
        attempt.accept();
        return;
      }
      attempt.reject(['password']);
      if (attempts >= MOST_ATTEMPTS) client.end();
    });
    client.once('ready', () => {
      this.recognize(address);
      if (place) this.serve(client, place, address);
    });
  }

  private serve(client: Connection, { instanceGuid, appGuid, index }: Place, address: string): void {
    const { cell, onFailure } = this.options;
    const note = (message: string): void =>
      cell.log(appGuid, { instanceIndex: String(index), instanceGuid, source: 'SSH', stream: 'OUT', message });
    const peer = address.replace(' ', ':');
    note(`Successful remote access by ${peer}`);
    const gone = new AbortController();
    client.once('close', () => {
      gone.abort();
      note(`Remote access ended for ${peer}`);
    });
    const refuse = withReasons(client);
    let channels = 0;
    const open = async (reject: () => void, work: () => Promise<unknown>): Promise<void> => {
      if (channels >= MOST_CHANNELS) {
        refuse(reject, `this connection already has ${MOST_CHANNELS} sessions and tunnels: close one`);
        return;
      }
      channels += 1;
      await work().catch(onFailure);
      channels -= 1;
    };
    client.on('session', (accept, reject) => {
      void open(reject, () => {
        const session = accept();
        new ShellSession(session, cell, instanceGuid, gone.signal);
        return Promise.race([once(session, 'close'), once(client, 'close')]);
      });
    });
    client.on('tcpip', (accept, reject, info) => {
      void open(reject, async () => {
        const { destIP: address, destPort: port } = info;
        let remote: RemoteStream;
        try {
          remote = await cell.connect(instanceGuid, address, port);
        } catch (error) {
          refuse(reject, (error as Error).message);
          return;
        }
        await lead(remote, accept, gone.signal);
      });
    });
  }
}

/** Serves a tunnel whose remote end is connected. */
const lead = async (remote: RemoteStream, accept: () => ServerChannel, gone: AbortSignal): Promise<void> => {
  const channel = accept();
  const closed = new AbortController();
  channel.once('close', () => closed.abort());
  // `pump` handles a client that is gone.
  channel.on('error', () => undefined);
  await pump(channel, remote, AbortSignal.any([gone, closed.signal]), true).catch(() => undefined);
  channel.end();
};

interface FailureSender {
  channelOpenFail: (channel: number, reason: number, words?: string) => void;
}

/** Refuses to open a channel, and tells the client why. */
type Refuse = (reject: () => void, why: string) => void;

/** Clients show the reason for a refusal, but ssh2 sends none, so it is added to the outgoing message. */
function withReasons(client: Connection): Refuse {
  const { _protocol: protocol } = client as unknown as { readonly _protocol: FailureSender };
  const send = protocol.channelOpenFail.bind(protocol);
  let words = '';
  protocol.channelOpenFail = (channel, reason) => send(channel, reason, words);
  return (reject, why) => {
    words = why;
    reject();
    words = '';
  };
}
