import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { answer, type Authority } from './dns-answer';

/** Limits how many of something each client has at the same time, so no client can exhaust a shared resource. */
export class ClientLimit {
  private readonly taken = new Map<string, number>();

  public constructor(private readonly limit: number) {}

  /** False if `who` has reached the limit. */
  public take(who: string): boolean {
    const count = this.taken.get(who) ?? 0;
    if (count >= this.limit) return false;
    this.taken.set(who, count + 1);
    return true;
  }

  public giveBack(who: string): void {
    const count = this.taken.get(who) ?? 0;
    if (count > 1) this.taken.set(who, count - 1);
    else this.taken.delete(who);
  }
}

export interface DnsOptions {
  readonly host: string;
  readonly port: number;
  readonly authority: Authority;
  /** The resolver for all other names. */
  readonly upstream: { readonly host: string; readonly port: number };
}

type Transport = 'udp' | 'tcp';

/** Milliseconds, less than the 5 s after which clients retry. */
const UPSTREAM_TIMEOUT = 4000;
const IDLE_TIMEOUT = 10_000;
const LENGTH_PREFIX = 2;
/** Limits per client, since each takes a file descriptor or two, which all clients share. */
const QUESTIONS_UPSTREAM = 256;
const CONNECTIONS = 64;

/** The resolver of every instance: DNS over UDP and TCP. */
export class DnsServer {
  private constructor(
    private readonly udp: Datagrams,
    private readonly tcp: Server,
    private readonly sockets: ReadonlySet<Socket>,
  ) {}

  public static async listen(options: DnsOptions): Promise<DnsServer> {
    const udp = createSocket('udp4');
    const upstream = new ClientLimit(QUESTIONS_UPSTREAM);
    let open = true;
    udp.once('close', () => {
      open = false;
    });
    udp.on('message', (query, client) => {
      void reply(query, options, upstream, 'udp', client.address).then((message) => {
        // Errors mean that the client is gone. Sending would throw if the server was closed meanwhile.
        if (message && open) udp.send(message, client.port, client.address, () => undefined);
      });
    });
    const sockets = new Set<Socket>();
    const connections = new ClientLimit(CONNECTIONS);
    const tcp = createServer((socket) => {
      const { remoteAddress: client = '' } = socket;
      if (!connections.take(client)) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        connections.giveBack(client);
      });
      serve(socket, (query) => reply(query, options, upstream, 'tcp', client));
    });
    // TCP first: for a random port, one that is free for TCP is rarely taken for UDP, but often the other way around.
    tcp.listen(options.port, options.host);
    await once(tcp, 'listening');
    udp.bind((tcp.address() as AddressInfo).port, options.host);
    await once(udp, 'listening');
    return new DnsServer(udp, tcp, sockets);
  }

  public get port(): number {
    return this.udp.address().port;
  }

  public async close(): Promise<void> {
    const closed = [once(this.udp, 'close'), once(this.tcp, 'close')];
    this.udp.close();
    this.tcp.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }
}

async function reply(
  query: Buffer,
  { authority, upstream }: DnsOptions,
  limit: ClientLimit,
  transport: Transport,
  client: string,
): Promise<Buffer | undefined> {
  const verdict = answer(query, authority, transport);
  if (verdict.kind === 'drop') return undefined;
  if (verdict.kind === 'answer') return verdict.reply;
  if (!limit.take(client)) return verdict.failure;
  try {
    return await FORWARD[transport](query, upstream);
  } catch {
    return verdict.failure;
  } finally {
    limit.giveBack(client);
  }
}

type Forward = (query: Buffer, upstream: DnsOptions['upstream']) => Promise<Buffer>;

/** Forwards by the client's own transport, so an answer too long for a datagram comes back marked as truncated. */
const FORWARD: Readonly<Record<Transport, Forward>> = { udp: forwardDatagram, tcp: forwardStream };

function forwardDatagram(query: Buffer, { host, port }: DnsOptions['upstream']): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A separate socket has its own port, so only the upstream can answer, and only this query.
    const socket = createSocket('udp4');
    const finish = (error: Error | undefined, message?: Buffer): void => {
      clearTimeout(timer);
      socket.close();
      if (message) resolve(message);
      else reject(error ?? new Error('no answer'));
    };
    const timer = setTimeout(() => finish(new Error('timed out')), UPSTREAM_TIMEOUT);
    socket.once('error', finish);
    socket.on('message', (message) => {
      if (message.length > LENGTH_PREFIX && message.readUInt16BE(0) === query.readUInt16BE(0))
        finish(undefined, message);
    });
    socket.connect(port, host, () => socket.send(query));
  });
}

function forwardStream(query: Buffer, { host, port }: DnsOptions['upstream']): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: UPSTREAM_TIMEOUT });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error('timed out')));
    socket.once('close', () => reject(new Error('closed without an answer')));
    eachMessage(socket, (message) => {
      resolve(message);
      socket.destroy();
    });
    socket.write(framed(query));
  });
}

function serve(socket: Socket, ask: (query: Buffer) => Promise<Buffer | undefined>): void {
  socket.setTimeout(IDLE_TIMEOUT, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  eachMessage(socket, (query) => {
    void ask(query).then((message) => {
      if (message && socket.writable) socket.write(framed(message));
    });
  });
}

/** Over TCP, a length precedes each message. */
function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_PREFIX) {
      const end = LENGTH_PREFIX + pending.readUInt16BE(0);
      if (pending.length < end) return;
      take(pending.subarray(LENGTH_PREFIX, end));
      pending = pending.subarray(end);
    }
  });
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(LENGTH_PREFIX);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}
