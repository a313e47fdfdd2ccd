/** A client's TLS greeting, byte by byte, with names that no library would send. */

const vector = (lengthBytes: number, content: Buffer): Buffer => {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
};

const number = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

const extension = (type: number, content: Buffer): Buffer => Buffer.concat([number(type), vector(2, content)]);

/** @param name one character a byte */
export function greeting(name: string): Buffer {
  const serverName = vector(2, Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))]));
  const hello = Buffer.concat([
    number(0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(0)),
    vector(2, number(0xc02f)),
    vector(1, Buffer.from([0])),
    vector(2, extension(0, serverName)),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), vector(3, hello)]);
  return Buffer.concat([Buffer.from([0x16, 3, 1]), vector(2, handshake)]);
}
