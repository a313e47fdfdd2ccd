/** A ClientHello, byte by byte, with names that no library would send. */

export const vector = (lengthBytes: number, content: Buffer): Buffer => {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
};

export const number = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

export const extension = (type: number, content: Buffer): Buffer => Buffer.concat([number(type), vector(2, content)]);

/** @param name one character per byte */
export const serverNameOf = (name: string): Buffer =>
  extension(0, vector(2, Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))])));

export const handshake = (type: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type]), vector(3, content)]);

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
