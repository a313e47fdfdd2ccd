import fc from 'fast-check';
import { Port } from '../../../constructs/values/port';

const ports = fc.integer({ min: 1, max: 65535 });

test('a port prints as the provider takes it', () => {
  expect(Port.tcp(443).toString()).toBe('443');
  expect(Port.tcpRange(8080, 8085).toString()).toBe('8080-8085');
  expect(Port.SQUID.toString()).toBe('3128');
});

test('a range of one port is that port', () => {
  fc.assert(
    fc.property(ports, (port) => {
      expect(Port.tcpRange(port, port)).toEqual(Port.tcp(port));
    }),
  );
});

test.each([0, -1, 65536, 3128.5, NaN, Infinity])("fails for %p, which isn't a port", (port) => {
  expect(() => Port.tcp(port)).toThrow(`${port} is not a port: give a whole number from 1 to 65535`);
});

test('fails for a range that ends before it begins, and says how to write it', () => {
  expect(() => Port.tcpRange(90, 80)).toThrow('port range 90-80 ends before it begins: write Port.tcpRange(80, 90)');
});
