import { difference } from '../../../review/difference/difference';
import type { Facts, Variable } from '../../../review/model/facts';
import { allowlistOf } from '../../../review/model/allowlist-facts';
import { plain } from '../../../review/phrase';
import { Model } from '../../../review/model/model';
import { application, recipe } from '../support/facts';

const said = (before: Facts, after: Facts): string[] =>
  difference(new Model(before, '2026-01-01'), new Model(after, '2026-01-01')).map(
    ({ verdict, way, what, note = '' }) => `${verdict} ${way} ${plain(what)}${note === '' ? '' : ` (${plain(note)})`}`,
  );

const told = (environment: Readonly<Record<string, Variable>>): Facts => {
  const variables = new Map(Object.entries(environment));
  const proxy = application('outside/proxy', {}, { environment: variables, allowlist: allowlistOf(variables) });
  return { ...recipe(), applications: [proxy, application('inside/web')] };
};

describe('the name check of a proxy', () => {
  const CHECKED = 'git.example.org:443';
  const OPEN = 'git.example.org:443/tcp';

  it('opens when it goes, although the name stays', () => {
    expect(said(recipe(CHECKED), recipe(OPEN))).toEqual(['opens proxy git.example.org:443/tcp']);
  });

  it('closes when it comes', () => {
    expect(said(recipe(OPEN), recipe(CHECKED))).toEqual([
      'closes proxy git.example.org:443/tcp (only TLS that names it goes on)',
    ]);
  });

  it('is told of a new line that has none', () => {
    expect(said(recipe(''), recipe(OPEN))).toEqual(['opens proxy git.example.org:443/tcp']);
    expect(said(recipe(''), recipe(CHECKED))).toEqual(['opens proxy git.example.org:443']);
  });

  it('is no change where another line without one covers the name', () => {
    const both = `.example.org:443/tcp\n${CHECKED}`;
    expect(said(recipe(both), recipe(`.example.org:443/tcp\n${OPEN}`))).toEqual([]);
  });

  it('is gone under an audit already, whose end does not close it for each name', () => {
    expect(said(recipe(`${CHECKED}\naudit`), recipe(`${OPEN}\naudit`))).toEqual([]);
    expect(said(recipe(`${CHECKED}\naudit`), recipe(CHECKED)).filter((line) => line.includes('/tcp'))).toEqual([]);
  });

  it('is unknown where the way out of the proxy is', () => {
    const unsure = (list: string): Facts => recipe(list, { spaces: [] });
    expect(said({ ...unsure(CHECKED), bindings: [] }, { ...unsure(OPEN), bindings: [] })).toEqual([
      'unknown proxy git.example.org:443/tcp',
    ]);
  });
});

describe('credentials of a proxy', () => {
  const LIST = { EGRESS_ALLOW: 'www.example.com:443' };
  const ASKS = { ...LIST, EGRESS_CREDENTIALS: 'web.1 $2b$05$hash' };
  const GONE = [
    'unknown proxy something unknown (no longer so: it asks for credentials, and refuses whoever has none)',
  ];

  it.each<readonly [how: string, after: Readonly<Record<string, Variable>>]>([
    ['left out', LIST],
    ['emptied', { ...LIST, EGRESS_CREDENTIALS: '' }],
    ['something that nobody knows', { ...LIST, EGRESS_CREDENTIALS: { token: 't', because: 'known after apply' } }],
  ])('that are %s let everybody use it who may connect', (_, after) => {
    expect(said(told(ASKS), told(after))).toEqual(GONE);
  });

  it('that are others are no change, if they are still asked for', () => {
    const more = { ...LIST, EGRESS_CREDENTIALS: 'web.2 $2b$05$other' };
    const later: Variable = { token: 't', because: 'known after apply', filled: true };
    for (const after of [more, { ...LIST, EGRESS_CREDENTIALS: later }, { ...LIST, EGRESS_CREDENTIALS: '# nobody' }]) {
      expect(said(told(ASKS), told(after))).toEqual([]);
    }
    expect(said(told(LIST), told(ASKS))).toEqual([]);
  });
});

describe('a proxy to which nobody in the code connects', () => {
  const alone = (list: string): Facts => recipe(list, { policies: [] });
  const who = (before: Facts, after: Facts) =>
    difference(new Model(before), new Model(after)).map(({ verdict, who: one, what }) => [verdict, one, what]);

  it('is told for whoever may connect, since other stacks and hands make policies too', () => {
    expect(who(alone('a.example.gov:443'), alone('b.example.gov:443'))).toEqual([
      ['opens', 'any client', 'b.example.gov:443'],
      ['closes', 'any client', 'a.example.gov:443'],
    ]);
  });

  it('lets nobody out before somebody connects, if it is new', () => {
    const none = { ...alone(''), applications: [application('inside/web')] };
    expect(who(none, alone('a.example.gov:443')).filter(([, one]) => one === 'any client')).toEqual([]);
  });
});
