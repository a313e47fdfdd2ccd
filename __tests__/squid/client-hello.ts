/** ClientHellos, byte by byte, with names that no library would send. */
import type { Chance } from './fuzz/script';

/** Prefixed with its length, which is wrong by `lie`. */
export const vector = (lengthBytes: number, content: Buffer, lie = 0): Buffer => {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(Math.max(0, content.length + lie) % 2 ** (8 * lengthBytes), 0, lengthBytes);
  return Buffer.concat([length, content]);
};

export const number = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

export const extension = (type: number, content: Buffer): Buffer => Buffer.concat([number(type), vector(2, content)]);

/** @param name one character per byte */
export const serverNameOf = (name: string): Buffer =>
  extension(0, vector(2, Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))])));

export const handshake = (type: number, content: Buffer, lie = 0): Buffer =>
  Buffer.concat([Buffer.from([type]), vector(3, content, lie)]);

export const record = (content: Buffer): Buffer => Buffer.concat([Buffer.from([0x16, 3, 1]), vector(2, content)]);

/** With each of these names in a separate extension; libraries send only one. */
export function greeting(...names: readonly string[]): Buffer {
  const hello = Buffer.concat([
    number(0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(0)),
    vector(2, number(0xc02f)),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat(names.map(serverNameOf))),
  ]);
  return record(handshake(1, hello));
}

const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const SUPPORTED_VERSIONS = 43;
const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;

const serverName = (names: readonly Buffer[], chance: Chance): Buffer =>
  vector(
    2,
    Buffer.concat(names.map((name) => Buffer.concat([Buffer.from([chance.once(30) ? 1 : 0]), vector(2, name)]))),
  );

/** A ClientHello that names these hosts, valid except for random changes. */
export function randomGreeting(names: readonly Buffer[], chance: Chance): Buffer {
  const lie = () => (chance.once(60) ? chance.below(9) - 4 : 0);
  const extensions = [
    ...(names.length > 0 ? [extension(SERVER_NAME, serverName(names, chance))] : []),
    extension(SUPPORTED_VERSIONS, vector(1, Buffer.from([3, 4, 3, 3]))),
    extension(SUPPORTED_GROUPS, vector(2, Buffer.from([0, 29, 0, 23]))),
    extension(SIGNATURE_ALGORITHMS, vector(2, Buffer.from([4, 3, 8, 4, 4, 1]))),
    ...chance.times(3, () => extension(chance.below(0xffff), chance.bytes(chance.below(chance.once(20) ? 9000 : 40)))),
  ];
  if (chance.once(2)) extensions.reverse();
  const body = Buffer.concat([
    number(chance.once(20) ? chance.below(0xffff) : 0x0303),
    chance.bytes(32),
    vector(1, chance.bytes(chance.of(0, 32)), lie()),
    vector(
      2,
      Buffer.concat([Buffer.from([0x13, 1, 0xc0, 0x2b, 0xc0, 0x2f]), ...chance.times(4, () => chance.bytes(2))]),
      lie(),
    ),
    vector(1, Buffer.from([0]), lie()),
    vector(2, Buffer.concat(extensions), lie()),
  ]);
  return records(handshake(CLIENT_HELLO, body, lie()), chance);
}

/** Split into a random number of records. */
function records(message: Buffer, chance: Chance): Buffer {
  const parts: Buffer[] = [];
  for (let rest = message; rest.length > 0;) {
    const length = chance.once(4) ? 1 + chance.below(Math.min(rest.length, 16_000)) : Math.min(rest.length, 16_000);
    parts.push(Buffer.concat([Buffer.from([HANDSHAKE, 3, chance.of(1, 3)]), vector(2, rest.subarray(0, length))]));
    rest = rest.subarray(length);
  }
  return Buffer.concat(parts);
}

/** The names in a ClientHello as a server would read them: every name, in all records. */
export function namesIn(bytes: Buffer): string[] {
  const parts: Buffer[] = [];
  for (let at = 0; bytes[at] === HANDSHAKE && at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    parts.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)));
  }
  const hello = Buffer.concat(parts);
  try {
    let at = 4 + 2 + 32;
    at += 1 + hello.readUInt8(at);
    at += 2 + hello.readUInt16BE(at);
    at += 1 + hello.readUInt8(at);
    const names: string[] = [];
    const end = at + 2 + hello.readUInt16BE(at);
    for (at += 2; at < end; at += 4 + hello.readUInt16BE(at + 2)) {
      if (hello.readUInt16BE(at) !== SERVER_NAME) continue;
      const last = at + 4 + hello.readUInt16BE(at + 2);
      for (let name = at + 6; name < last; name += 3 + hello.readUInt16BE(name + 1)) {
        if (hello.readUInt8(name) !== 0) continue;
        names.push(hello.subarray(name + 3, name + 3 + hello.readUInt16BE(name + 1)).toString('latin1'));
      }
    }
    return names;
  } catch {
    return [];
  }
}
