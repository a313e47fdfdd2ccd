import fc from 'fast-check';
import { type Frame, FrameParser, messageLength, readFrame } from '../../src/cell/instance-log';

function encoded({ stream, timestamp, message }: Frame): Buffer {
  const seconds = new Date(Number(timestamp.slice(0, -9)) * 1000).toISOString().slice(0, 19);
  const payload = Buffer.from(`${seconds}.${timestamp.slice(-9)}Z ${message}\n`);
  const header = Buffer.from([stream === 'ERR' ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

const frame: fc.Arbitrary<Frame> = fc.record({
  stream: fc.constantFrom('OUT' as const, 'ERR' as const),
  timestamp: fc
    .tuple(fc.integer({ min: 1e9, max: 2e9 }), fc.integer({ min: 0, max: 999_999_999 }))
    .map(([seconds, nanoseconds]) => `${seconds}${String(nanoseconds).padStart(9, '0')}`),
  message: fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' ')),
});

test('frames are parsed the same, however the stream is split', () =>
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(400)), (frames, cuts) => {
      const stream = Buffer.concat(frames.map(encoded));
      const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, stream.length)), stream.length])].sort(
        (a, b) => a - b,
      );
      const parser = new FrameParser();
      const found = places.flatMap((place, index) => [
        ...parser.push(stream.subarray(place, places[index + 1] ?? stream.length)),
      ]);
      expect(found.map(readFrame)).toEqual(frames);
      expect(found.map(messageLength)).toEqual(frames.map(({ message }) => Buffer.byteLength(message)));
      expect(found.map(({ at }) => at / 1000)).toEqual(frames.map(({ timestamp }) => Number(timestamp.slice(0, -9))));
    }),
  ));
