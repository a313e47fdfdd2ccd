import { decode, encode, RECURSION_DESIRED, type DecodedPacket, type RecordType } from 'dns-packet';
import fc from 'fast-check';
import { answer } from '../../src/cell/dns-answer';

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'proxy.apps.internal': ['10.255.0.16', '10.255.0.17'],
  'many.apps.internal': Array.from({ length: 90 }, (_, index) => `10.255.1.${index}`),
};
const authority = (name: string): readonly string[] | undefined =>
  name.endsWith('.apps.internal') ? (HOSTS[name] ?? []) : undefined;

function query(name: string, type: RecordType = 'A', udpPayloadSize?: number): Buffer {
  return encode({
    type: 'query',
    id: 4242,
    flags: RECURSION_DESIRED,
    questions: [{ type, name, class: 'IN' }],
    additionals:
      udpPayloadSize === undefined
        ? []
        : [
            {
              type: 'OPT',
              name: '.',
              udpPayloadSize,
              flags: 0,
              options: [],
              extendedRcode: 0,
              ednsVersion: 0,
              flag_do: false,
            },
          ],
  });
}

function reply(message: Buffer, transport: 'udp' | 'tcp' = 'udp'): DecodedPacket & { rcode: string } {
  const verdict = answer(message, authority, transport);
  if (verdict.kind !== 'answer') throw new Error(`it was to ${verdict.kind}`);
  return decode(verdict.reply) as DecodedPacket & { rcode: string };
}

test('an authoritative name has all its addresses, with TTL 0, in the case of the query', () => {
  const { id, rcode, flag_aa, flag_tc, questions, answers = [] } = reply(query('Proxy.APPS.internal'));
  expect({ id, rcode, flag_aa, flag_tc }).toEqual({ id: 4242, rcode: 'NOERROR', flag_aa: true, flag_tc: false });
  expect(questions?.[0]?.name).toBe('Proxy.APPS.internal');
  expect(answers.map((record) => ({ ...record, data: undefined }))).toEqual(
    [0, 1].map(() => expect.objectContaining({ name: 'Proxy.APPS.internal', type: 'A', ttl: 0 }) as unknown),
  );
  expect(answers.map((record) => (record as { data: string }).data).sort()).toEqual(HOSTS['proxy.apps.internal']);
});

test('the order of addresses changes', () => {
  const firsts = Array.from(
    { length: 60 },
    () => (reply(query('proxy.apps.internal')).answers?.[0] as { data: string }).data,
  );
  expect(new Set(firsts).size).toBe(2);
});

test.each<[string, RecordType]>([
  ['proxy.apps.internal', 'AAAA'],
  ['proxy.apps.internal', 'TXT'],
  ['unknown.apps.internal', 'A'],
])('%s %s gets an empty answer, not NXDOMAIN', (name, type) => {
  const { rcode, answers } = reply(query(name, type));
  expect([rcode, answers]).toEqual(['NOERROR', []]);
});

test('any other name is forwarded', () =>
  expect(answer(query('www.example.com'), authority, 'udp').kind).toBe('forward'));

test('an answer too long for a datagram is truncated; the client can announce a larger size, and TCP has no limit', () => {
  const cut = reply(query('many.apps.internal'));
  expect(cut.flag_tc).toBe(true);
  expect(cut.answers?.length).toBeGreaterThan(5);
  expect(reply(query('many.apps.internal', 'A', 4096)).answers).toHaveLength(90);
  const whole = reply(query('many.apps.internal'), 'tcp');
  expect([whole.answers?.length, whole.flag_tc]).toEqual([90, false]);
});

test.each([
  [
    'two questions',
    encode({
      type: 'query',
      questions: [
        { type: 'A', name: 'a' },
        { type: 'A', name: 'b' },
      ],
    }),
    'FORMERR',
  ],
  ['no question', encode({ type: 'query', questions: [] }), 'FORMERR'],
  ['an update', encode({ type: 'query', flags: 5 << 11, questions: [{ type: 'A', name: 'a' }] }), 'NOTIMP'],
])('%s is answered with an error', (_what, message, rcode) => expect(reply(message).rcode).toBe(rcode));

test('a response is never answered', () =>
  expect(answer(encode({ type: 'response', questions: [] }), authority, 'udp').kind).toBe('drop'));

test('garbage gets an error or no answer, and never causes an exception', () => {
  const spoiled = fc
    .tuple(fc.constantFrom('proxy.apps.internal', 'www.example.com'), fc.array(fc.tuple(fc.nat(60), fc.nat(255))))
    .map(([name, changes]) => {
      const message = query(name);
      for (const [at, value] of changes) message[at % message.length] = value;
      return message;
    });
  const noise = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(spoiled, noise), fc.constantFrom('udp' as const, 'tcp' as const), (message, transport) => {
      const verdict = answer(message, authority, transport);
      if (verdict.kind === 'answer') expect(verdict.reply.subarray(0, 2)).toEqual(message.subarray(0, 2));
    }),
    { numRuns: 2000 },
  );
});
