import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { decode, encode } from 'dns-packet';
import { ClientLimit, DnsServer } from '../../src/cell/dns-server';
import { portOf } from '../../testing/system';

/** An upstream that answers everything with 192.0.2.1. */
let upstreamUdp: Socket;
let upstreamTcp: Server;
let server: DnsServer;

const QUESTION = { type: 'A', name: 'www.example.com', class: 'IN' } as const;

function answered(query: Buffer): Buffer {
  const { id = 0 } = decode(query);
  const answers = [{ ...QUESTION, ttl: 60, data: '192.0.2.1' }];
  return encode({ type: 'response', id, questions: [QUESTION], answers });
}

function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}

beforeAll(async () => {
  upstreamUdp = createSocket('udp4');
  upstreamUdp.on('message', (query, { port, address }) => {
    // A forged answer comes first, and must be ignored.
    const other = answered(query);
    other.writeUInt16BE(other.readUInt16BE(0) ^ 1, 0);
    upstreamUdp.send(other, port, address);
    upstreamUdp.send(answered(query), port, address);
  });
  upstreamTcp = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(framed(answered(chunk.subarray(2)))));
    socket.on('error', () => undefined);
  });
  // A port that is free for UDP is more likely taken for TCP than the other way around.
  const port = await portOf(upstreamTcp);
  upstreamUdp.bind(port, '127.0.0.1');
  await once(upstreamUdp, 'listening');
  server = await DnsServer.listen({
    host: '127.0.0.1',
    port: 0,
    authority: (name) => (name.endsWith('.apps.internal') ? ['10.255.0.16'] : undefined),
    upstream: { host: '127.0.0.1', port },
  });
});

afterAll(async () => {
  await server.close();
  upstreamUdp.close();
  upstreamTcp.close();
});

async function overUdp(name: string): Promise<string[]> {
  const socket = createSocket('udp4');
  socket.send(encode({ type: 'query', id: 7, questions: [{ ...QUESTION, name }] }), server.port, '127.0.0.1');
  const [message] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return (decode(message).answers ?? []).map((record) => (record as { data: string }).data);
}

async function overTcp(...names: string[]): Promise<string[]> {
  const socket = connect(server.port, '127.0.0.1');
  const stream = Buffer.concat(
    names.map((name) => framed(encode({ type: 'query', id: 7, questions: [{ ...QUESTION, name }] }))),
  );
  // In pieces, as networks deliver it.
  for (const byte of stream) socket.write(Buffer.from([byte]));
  const found: string[] = [];
  let pending = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      found.push(
        ...(decode(pending.subarray(2, end)).answers ?? []).map((record) => (record as { data: string }).data),
      );
      pending = pending.subarray(end);
    }
    if (found.length === names.length) break;
  }
  return found.sort();
}

test('answers its own names over UDP, and forwards the rest', async () => {
  expect(await overUdp('proxy.apps.internal')).toEqual(['10.255.0.16']);
  expect(await overUdp('www.example.com')).toEqual(['192.0.2.1']);
});

test('answers several queries on one TCP connection', async () => {
  expect(await overTcp('proxy.apps.internal', 'www.example.com')).toEqual(['10.255.0.16', '192.0.2.1']);
});

test('answers SERVFAIL, with the question, if the upstream does not answer', async () => {
  const lonely = await DnsServer.listen({
    host: '127.0.0.1',
    port: 0,
    authority: () => undefined,
    upstream: { host: '127.0.0.1', port: 1 },
  });
  const socket = createSocket('udp4');
  socket.send(encode({ type: 'query', id: 7, questions: [QUESTION] }), lonely.port, '127.0.0.1');
  const [message] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  await lonely.close();
  expect(decode(message)).toMatchObject({ id: 7, rcode: 'SERVFAIL', questions: [QUESTION], answers: [] });
});

test('ignores an upstream answer that comes after it was closed', async () => {
  const slow = createSocket('udp4').bind(0, '127.0.0.1');
  await once(slow, 'listening');
  const closed = await DnsServer.listen({
    host: '127.0.0.1',
    port: 0,
    authority: () => undefined,
    upstream: { host: '127.0.0.1', port: slow.address().port },
  });
  const client = createSocket('udp4');
  client.send(encode({ type: 'query', id: 7, questions: [QUESTION] }), closed.port, '127.0.0.1');
  const [query, asked] = (await once(slow, 'message')) as [Buffer, { port: number }];
  await closed.close();
  await new Promise((sent) => slow.send(answered(query), asked.port, '127.0.0.1', sent));
  // Queries end one turn of the event loop after their answers; an unhandled rejection fails the test.
  await new Promise((passed) => {
    setTimeout(passed, 50);
  });
  client.close();
  slow.close();
});

test('survives garbage', async () => {
  const socket = createSocket('udp4');
  for (const size of [0, 1, 11, 12, 40]) socket.send(Buffer.alloc(size, 0x2a), server.port, '127.0.0.1');
  const stream = connect(server.port, '127.0.0.1');
  stream.end(Buffer.from([0, 5, 1, 2, 3, 4, 5, 0, 0, 255]));
  stream.resume();
  expect(await overUdp('proxy.apps.internal')).toEqual(['10.255.0.16']);
  socket.close();
  stream.destroy();
});

describe('a client that floods it', () => {
  let silent: Server;
  let asked: number;
  let flooded: DnsServer;
  const waiting: TcpSocket[] = [];

  beforeEach(async () => {
    asked = 0;
    silent = createServer((socket) => {
      asked += 1;
      waiting.push(socket);
      socket.on('error', () => undefined);
    });
    const port = await portOf(silent);
    flooded = await DnsServer.listen({
      host: '127.0.0.1',
      port: 0,
      authority: (name) => (name === 'proxy.apps.internal' ? ['10.255.0.16'] : undefined),
      upstream: { host: '127.0.0.1', port },
    });
  });

  afterEach(async () => {
    await flooded.close();
    for (const socket of waiting.splice(0)) socket.destroy();
    silent.close();
  });

  const client = (localAddress: string): TcpSocket =>
    connect({ host: '127.0.0.1', port: flooded.port, localAddress }).on('error', () => undefined);

  test('has 256 queries in progress, is refused more at once, and delays nobody else', async () => {
    const query = framed(encode({ type: 'query', id: 7, questions: [QUESTION] }));
    const greedy = client('127.0.0.2');
    let refused = 0;
    // A refusal repeats the question with an error code.
    greedy.on('data', (chunk: Buffer) => (refused += chunk.length / query.length));
    greedy.write(Buffer.concat(Array.from({ length: 1000 }, () => query)));
    while (refused < 1000 - 256) await once(greedy, 'data');
    expect(refused).toBe(1000 - 256);
    while (asked < 256) await once(silent, 'connection');

    const other = client('127.0.0.1');
    other.write(query);
    await once(silent, 'connection');
    expect(asked).toBe(257);
    greedy.destroy();
    other.destroy();
  });

  test('has 64 connections, and others have theirs', async () => {
    const open = Array.from({ length: 65 }, () => client('127.0.0.2'));
    // Waits for whichever comes last.
    await Promise.race(open.map((socket) => once(socket, 'close')));
    const kept = open.filter(({ destroyed }) => !destroyed);
    expect(kept).toHaveLength(64);
    const other = client('127.0.0.1');
    const question = { ...QUESTION, name: 'proxy.apps.internal' };
    for (const socket of [...kept, other]) {
      socket.write(framed(encode({ type: 'query', id: 7, questions: [question] })));
      await once(socket, 'data');
    }
    for (const socket of [...open, other]) socket.destroy();
  });
});

test('each client has its own limit, and can take again what it has given back', () => {
  const shares = new ClientLimit(2);
  expect(['a', 'a', 'a', 'b'].map((who) => shares.take(who))).toEqual([true, true, false, true]);
  shares.giveBack('a');
  expect(['a', 'a'].map((who) => shares.take(who))).toEqual([true, false]);
});
