import fc from 'fast-check';
import type { Change } from '../../../review/difference/change';
import { difference } from '../../../review/difference/difference';
import type { Facts } from '../../../review/model/facts';
import { plain } from '../../../review/phrase';
import { Model } from '../../../review/model/model';
import { drawn } from '../../support/laws';
import { application, bound, CLIENT, group, LOCAL, policy, route, space } from '../support/facts';
import type { Rule } from '../../../review/model/traffic';
import { Destination } from '../../../constructs/values/destination';

/** Rules and lines that don't overlap, so that each of them matters. */
const RULES: readonly Rule[] = [
  { protocol: 'all', destination: '11.0.0.0-169.253.255.255' },
  { protocol: 'tcp', destination: '10.98.0.20', ports: '443' },
  { protocol: 'tcp', destination: '172.32.0.0-192.167.255.255', ports: '1-65535' },
  { protocol: 'udp', destination: '203.0.113.0/24', ports: '123' },
];
const LINES = [
  'www.example.com:443',
  '.example.org:80,443',
  'api.example.gov:8443',
  'own.example.net:443@10.98.0.0/24',
  '.agency.example.gov!raw.agency.example.gov,.old.agency.example.gov:443',
];
const CLIENTS = ['web', 'batch', 'report'];

interface Fixture {
  readonly rules: readonly Rule[];
  readonly lines: readonly string[];
  readonly policies: readonly string[];
  readonly bindings: readonly string[];
  readonly routes: readonly string[];
}

const FULL: Fixture = {
  rules: RULES,
  lines: LINES,
  policies: CLIENTS,
  bindings: ['outside', 'inside'],
  routes: CLIENTS,
};

function facts({ rules, lines, policies, bindings, routes }: Fixture): Facts {
  return {
    spaces: [space('outside'), space('inside')],
    groups: [group('open', rules), LOCAL],
    bindings: bindings.map((name) => bound(name === 'outside' ? 'open' : 'local', name)),
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: lines.join('\n') }),
      ...CLIENTS.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: policies.map((name) => policy(`inside/${name}`, 'outside/proxy')),
    routes: routes.map((name) => route(`${name}.example.gov`, `inside/${name}`, 'no')),
  };
}

const PARTS = (Object.keys(FULL) as (keyof Fixture)[]).flatMap((key) => FULL[key].map((_, at) => [key, at] as const));

test.each(PARTS)('without one of the %s (%i) something closes, and restoring it opens the same', (key, at) => {
  const less: Fixture = { ...FULL, [key]: (FULL[key] as unknown[]).filter((_, index) => index !== at) };
  const closing = difference(new Model(facts(FULL)), new Model(facts(less)));
  const opening = difference(new Model(facts(less)), new Model(facts(FULL)));
  expect(new Set(closing.map(({ verdict }) => verdict))).toEqual(new Set(['closes']));
  expect(new Set(opening.map(({ verdict }) => verdict))).toEqual(new Set(['opens']));
  const said = (changes: readonly Change[]) => changes.map(({ who, what }) => `${who.join()} ${plain(what)}`);
  expect(said(opening)).toEqual(said(closing));
});

test('without one of the exceptions its names open, and restoring it closes them', () => {
  const name = fc
    .tuple(fc.constantFrom('', '.'), fc.constantFrom('raw.', 'old.', 'a.raw.', 'b.old.'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), fc.nat(), (names, index) => {
      const exceptions = Destination.domain('example.gov').except(
        ...names.map((first) => `${first}example.gov`),
      ).exceptions;
      const list = (kept: readonly string[]) => {
        const destination = Destination.domain('example.gov');
        const line = kept.length === 0 ? destination : destination.except(...kept);
        return new Model(facts({ ...FULL, lines: [line.toString()] }));
      };
      const at = index % exceptions.length;
      const [whole, less] = [list(exceptions), list(exceptions.filter((_, each) => each !== at))];
      const expected = CLIENTS.map((client) => `org/inside/${client} ${exceptions[at] ?? ''}:443`).sort();
      const said = (changes: readonly Change[], verdict: string) =>
        changes
          .flatMap(({ who, what, verdict: own }) => (own === verdict ? who.map((id) => `${id} ${plain(what)}`) : [own]))
          .sort();
      expect(said(difference(whole, less), 'opens').map((text) => text.replace(/ at .*/, ''))).toEqual(expected);
      expect(said(difference(less, whole), 'closes').map((text) => text.replace(/ at .*/, ''))).toEqual(expected);
    }),
    drawn(30),
  );
});

test('a change and its reverse cancel out, whatever is missing on either side', () => {
  const some = <T>(all: readonly T[]) => fc.subarray([...all]);
  const fixture: fc.Arbitrary<Fixture> = fc.record({
    rules: some(RULES),
    lines: some(LINES),
    policies: some(CLIENTS),
    bindings: some(FULL.bindings),
    routes: some(CLIENTS),
  });
  fc.assert(
    fc.property(fixture, fixture, (before, after) => {
      const [old, now] = [new Model(facts(before)), new Model(facts(after))];
      const opened = difference(old, now).filter(({ verdict }) => verdict === 'opens');
      const closed = difference(now, old).filter(({ verdict }) => verdict === 'closes');
      expect(opened.map(({ way, who, what }) => [way, who, what])).toEqual(
        closed.map(({ way, who, what }) => [way, who, what]),
      );
      expect(difference(now, new Model(facts(after)))).toEqual([]);
    }),
    drawn(30),
  );
});
