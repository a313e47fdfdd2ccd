/**
 * A TLS 1.3 client that names one host in its first ClientHello and another in the second, which a server requests if
 * the first has no key that it can use. No library does that, so this implements what a request needs of the protocol
 * (RFC 8446).
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { Socket } from 'node:net';
import { extension, handshake, number, record, serverNameOf, vector } from '../client-hello';

const HANDSHAKE = 0x16;
const APPLICATION_DATA = 0x17;
const CHANGE_CIPHER_SPEC = 0x14;
const SERVER_HELLO = 2;
const FINISHED = 20;
const X25519 = 0x001d;
const AES_128_GCM_SHA256 = 0x1301;
const TAG_BYTES = 16;
/** The prefix of an encoded X25519 public key. */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const sha256 = (...parts: readonly Buffer[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

/** HKDF-Expand-Label, for output that fits into one block. */
const expand = (secret: Buffer, label: string, context: Buffer, length: number): Buffer =>
  hmac(
    secret,
    Buffer.concat([number(length), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context), Buffer.from([1])]),
  ).subarray(0, length);

const derive = (secret: Buffer, label: string, ...messages: readonly Buffer[]): Buffer =>
  expand(secret, label, sha256(...messages), 32);

interface TlsRecord {
  readonly type: number;
  readonly header: Buffer;
  readonly content: Buffer;
}

/** Reads records from a socket, one after another. */
async function* recordsOf(socket: Socket): AsyncGenerator<TlsRecord, undefined> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) {
      const end = 5 + bytes.readUInt16BE(3);
      yield { type: bytes.readUInt8(0), header: bytes.subarray(0, 5), content: bytes.subarray(5, end) };
      bytes = bytes.subarray(end);
    }
  }
  return undefined;
}

/** The keys of one direction, for one record after another. */
class Keys {
  private readonly key: Buffer;
  private readonly iv: Buffer;
  private sequence = 0;

  public constructor(secret: Buffer) {
    this.key = expand(secret, 'key', Buffer.alloc(0), 16);
    this.iv = expand(secret, 'iv', Buffer.alloc(0), 12);
  }

  private nonce(): Buffer {
    const nonce = Buffer.from(this.iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.sequence) >>> 0, 8);
    this.sequence += 1;
    return nonce;
  }

  public seal(type: number, content: Buffer): Buffer {
    const header = Buffer.concat([Buffer.from([APPLICATION_DATA, 3, 3]), number(content.length + 1 + TAG_BYTES)]);
    const cipher = createCipheriv('aes-128-gcm', this.key, this.nonce()).setAAD(header);
    return Buffer.concat([
      header,
      cipher.update(content),
      cipher.update(Buffer.from([type])),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  public open(header: Buffer, sealed: Buffer): { type: number; content: Buffer } {
    const decipher = createDecipheriv('aes-128-gcm', this.key, this.nonce()).setAAD(header);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const inner = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
    let end = inner.length - 1;
    while (inner[end] === 0) end -= 1;
    return { type: inner.readUInt8(end), content: inner.subarray(0, end) };
  }
}

function greetingFor(name: string, key: Buffer | undefined): Buffer {
  const share = key === undefined ? Buffer.alloc(0) : Buffer.concat([number(X25519), vector(2, key)]);
  return handshake(
    1,
    Buffer.concat([
      number(0x0303),
      Buffer.alloc(32, 7),
      vector(1, Buffer.alloc(32, 9)),
      vector(2, number(AES_128_GCM_SHA256)),
      vector(1, Buffer.from([0])),
      vector(
        2,
        Buffer.concat([
          serverNameOf(name),
          extension(10, vector(2, number(X25519))),
          extension(13, vector(2, Buffer.from('0403080408050806040105010601', 'hex'))),
          extension(43, vector(1, number(0x0304))),
          extension(51, vector(2, share)),
        ]),
      ),
    ]),
  );
}

/** The server's key, in an extension of its ServerHello. */
function keyIn(serverHello: Buffer): KeyObject {
  const start = serverHello.indexOf(Buffer.from([0, 51, 0, 36, 0, X25519, 0, 32])) + 8;
  return createPublicKey({
    key: Buffer.concat([SPKI, serverHello.subarray(start, start + 32)]),
    format: 'der',
    type: 'spki',
  });
}

/** Sends a request over TLS inside a tunnel, after a ClientHello for each of the two names, and returns the answer. */
export async function requestAfterTwoGreetings(
  socket: Socket,
  [first, second]: readonly [string, string],
  request: string,
): Promise<string> {
  const pair = generateKeyPairSync('x25519');
  const records = recordsOf(socket);
  const next = async (): Promise<TlsRecord> => {
    for (;;) {
      const { value } = await records.next();
      if (value === undefined) throw new Error('the server has gone');
      if (value.type !== CHANGE_CIPHER_SPEC) return value;
    }
  };
  const helloFrom = async (): Promise<Buffer> => {
    const { type, content } = await next();
    if (type !== HANDSHAKE || content[0] !== SERVER_HELLO) throw new Error('the server refuses');
    return content;
  };

  const one = greetingFor(first, undefined);
  socket.write(record(one));
  const retry = await helloFrom();
  const two = greetingFor(second, pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI.length));
  socket.write(record(two));
  const hello = await helloFrom();
  const messages = [handshake(254, sha256(one)), retry, two, hello];

  const zeros = Buffer.alloc(32);
  const early = hmac(zeros, zeros);
  const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: keyIn(hello) });
  const secret = hmac(derive(early, 'derived'), shared);
  const ofClient = derive(secret, 'c hs traffic', ...messages);
  const servers = new Keys(derive(secret, 's hs traffic', ...messages));
  let flight = Buffer.alloc(0);
  while (!isFinished(flight)) {
    const { header, content } = await next();
    flight = Buffer.concat([flight, servers.open(header, content).content]);
  }
  messages.push(flight);

  const master = hmac(derive(secret, 'derived'), zeros);
  const proof = hmac(expand(ofClient, 'finished', Buffer.alloc(0), 32), sha256(...messages));
  const mine = new Keys(derive(master, 'c ap traffic', ...messages));
  const theirs = new Keys(derive(master, 's ap traffic', ...messages));
  socket.write(new Keys(ofClient).seal(HANDSHAKE, handshake(FINISHED, proof)));
  socket.write(mine.seal(APPLICATION_DATA, Buffer.from(request)));
  let received = '';
  while (!received.includes('\r\n\r\n') || !received.endsWith('}')) {
    const { header, content } = await next();
    const { type, content: text } = theirs.open(header, content);
    if (type === APPLICATION_DATA) received += text.toString('latin1');
  }
  return received;
}

/** Whether the last message is the one that ends a flight. */
function isFinished(flight: Buffer): boolean {
  let position = 0;
  while (position + 4 <= flight.length) {
    const end = position + 4 + flight.readUIntBE(position + 1, 3);
    if (flight[position] === FINISHED && end === flight.length) return true;
    position = end;
  }
  return false;
}
