import { explain } from '../../review/explain';
import { joinFacts, OTHER_APPLICATION, SOME_APPLICATION, type Facts } from '../../review/model/facts';
import { Model } from '../../review/model/model';
import { findingsOf } from '../../review/rules';
import { application, policy, space } from './support/facts';

const NONE: Facts = { spaces: [], groups: [], bindings: [], applications: [], policies: [], routes: [] };
const facts = (more: Partial<Facts>): Facts =>
  joinFacts(
    {
      ...NONE,
      spaces: [space('home')],
      applications: ['web', 'api', 'relay'].map((name) => application(`home/${name}`)),
    },
    {
      ...NONE,
      ...more,
    },
  );
const unknown = { token: 'ends', because: 'which applications it names' };

describe('what explain says where a review says "may"', () => {
  it.each([
    ['any two', { source: SOME_APPLICATION, destination: OTHER_APPLICATION }],
    ['some other one', { source: 'org/home/web', destination: OTHER_APPLICATION }],
    ['some source', { source: SOME_APPLICATION, destination: 'org/home/api' }],
  ])('is unknown for a policy between %s', (_, ends) => {
    const model = new Model(facts({ policies: [policy('home/web', 'home/api', '8080', { ...ends, unknown })] }));
    expect(explain(model, 'web', 'api')).toMatchObject({
      answer: 'unknown',
      reasons: [expect.stringContaining('which applications it names') as string],
    });
  });

  it('is "no" for a policy that can only apply to others', () => {
    const others = policy('home/relay', 'home/api', '8080', { destination: OTHER_APPLICATION, unknown });
    expect(explain(new Model(facts({ policies: [others] })), 'web', 'api').answer).toBe('no');
  });

  it('names the application through which another can be reached', () => {
    const policies = [policy('home/web', 'home/relay', '8080'), policy('home/relay', 'home/api', '8080')];
    expect(explain(new Model(facts({ policies })), 'web', 'api')).toEqual({
      answer: 'unknown',
      reasons: ['through relay, if it forwards: policies lead from web to it, and on'],
    });
  });
});

test('an application whose whole environment is hidden is not called a proxy', () => {
  const hidden = { allowlist: { lines: [], unknown: [{ token: 'x', because: 'whether this is a proxy' }] } };
  const policies = ['web', 'api'].map((name) => policy(`home/${name}`, 'home/scanner', '8080'));
  const more = { applications: [application('home/scanner', {}, hidden)], policies };
  const found = findingsOf(new Model(facts(more))).map(({ rule, subject }) => [rule, subject]);
  expect(found.filter(([, subject]) => subject === 'org/home/scanner')).toEqual([
    ['allowlist-unknown', 'org/home/scanner'],
  ]);
  expect(found.map(([rule]) => rule)).not.toContain('edge-unused');
  expect(found.map(([rule]) => rule)).not.toContain('proxy-shares-space');
});
