import Ajv from 'ajv';
import { difference } from '../../../review/difference/difference';
import type { Facts } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';
import { digestOf } from '../../../review/report/digest';
import { draw, pictureOf } from '../../../review/report/picture';
import { json } from '../../../review/report/json';
import { markdown } from '../../../review/report/markdown';
import { Labels, rowsOf, sentenceOf, type EnvironmentReport, type Report } from '../../../review/report/report';
import schema from '../../../review/report/review.schema.json';
import { text } from '../../../review/report/text';
import { WAYS } from '../../../review/report/ways';
import { application, CLIENT, policy, recipe } from '../support/facts';

function environment(before: Facts, after: Facts, name = ''): EnvironmentReport {
  const [old, now] = [new Model(before), new Model(after)];
  const labels = new Labels(old, now);
  const changes = difference(old, now);
  const rows = (verdict: string) =>
    rowsOf(
      changes.filter((change) => change.verdict === verdict),
      old,
      now,
      labels,
    );
  return {
    name,
    opens: rows('opens'),
    closes: rows('closes'),
    unknown: rows('unknown'),
    drift: [],
    findings: [],
    acknowledged: [],
    replaced: [],
    renamed: [],
    notLookedAt: [],
    picture: () => pictureOf(old, now, changes, labels),
    openings: changes.filter(({ verdict }) => verdict !== 'closes'),
  };
}

function report(...environments: EnvironmentReport[]): Report {
  return { kind: 'plans', widens: true, digest: digestOf('plans', environments), environments };
}

const many = (count: number): Facts => {
  const names = Array.from({ length: count }, (_, index) => `client-with-a-rather-long-name-${index}`);
  return recipe(names.map((name) => `${name}.example.gov:443`).join('\n'), {
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: names.map((name) => `${name}.example.gov:443`).join('\n') }),
      ...names.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: names.map((name) => policy(`inside/${name}`, 'outside/proxy')),
  });
};

describe('JSON', () => {
  const clients = Array.from({ length: 300 }, (_, index) => `client-${index}`);
  const entries = Array.from({ length: 100 }, (_, index) => `host-${index}.example.gov:443`);
  const facts = recipe(entries.join('\n'), {
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: entries.join('\n') }),
      ...clients.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: clients.map((name) => policy(`inside/${name}`, 'outside/proxy')),
  });

  it('fits the published schema', () => {
    const valid = new Ajv().compile(schema);
    valid(JSON.parse(json(report(environment(recipe(''), facts)))));
    expect(valid.errors).toBeNull();
  });

  it('lists each set of clients once, for any number of rows', () => {
    const printed = json(report(environment(recipe(''), facts)));
    expect(printed.match(/"client-7"/g)).toHaveLength(1);
    const { environments } = JSON.parse(printed) as {
      environments: { clients: string[][]; opens: { way: string; who: number }[] }[];
    };
    const [{ clients: sets, opens } = { clients: [], opens: [] }] = environments;
    const proxied = opens.filter(({ way }) => way === 'proxy');
    expect(proxied).toHaveLength(entries.length);
    expect(new Set(proxied.map(({ who }) => sets[who]?.length))).toEqual(new Set([clients.length]));
  });
});

describe('the sentence', () => {
  it('counts what opens and closes, and names the first that opens', () => {
    const change = report(environment(recipe('a.example.gov:443'), recipe('b.example.gov:443\nc.example.gov:443')));
    expect(plain(sentenceOf(change))).toBe(
      'opens 2, closes 1: web can now reach b.example.gov:443 through proxy, and 2 more',
    );
  });

  it('says that nothing changed in words that never describe a change', () => {
    expect(plain(sentenceOf(report(environment(recipe(), recipe()))))).toBe('no change of reach');
  });

  it('names the environment if there are several', () => {
    const [same, opened] = [
      environment(recipe(), recipe(), 'staging'),
      environment(recipe(''), recipe(), 'production'),
    ];
    expect(plain(sentenceOf(report(same, opened)))).toBe(
      'opens 1, closes 0: production: web can now reach www.example.com:443 through proxy',
    );
  });
});

describe('a way', () => {
  it('is in the published schema', () => {
    expect(schema.definitions.rows.items.properties.way.enum).toEqual(Object.keys(WAYS).sort());
  });

  it('with unknown effect is identified by the address of what changes', () => {
    const row = {
      verdict: 'unknown',
      way: 'other',
      who: ['cloudfoundry_x.y'],
      what: 'attribute',
      code: ['demo/X'],
    } as const;
    const change = report({ ...environment(recipe(), recipe()), unknown: [row] });
    const clause = 'cloudfoundry_x.y: may now do anything (the review does not know what attribute does)';
    expect(plain(sentenceOf(change))).toBe(`opens 0, closes 0, leaves 1 unknown: ${clause}`);
    expect(text(change)).toContain(`  ? ${clause}\n`);
    expect(markdown(change)).toContain(
      '| `cloudfoundry_x.y` | anything | the review does not know what `attribute` does | `demo/X` |',
    );
  });

  it.each([
    ['module', 'module.m', 'the content of the module was not read'],
    ['provisioner', 'cloudfoundry_app.web', 'a provisioner runs a program'],
    ['unknown block', 'gateway.g', 'the review does not know this kind of block'],
  ])('of something other than a resource says why it is unknown: %s', (what, who, why) => {
    const row = { verdict: 'unknown', way: 'other', who: [who], what, code: [] } as const;
    const change = report({ ...environment(recipe(), recipe()), unknown: [row] });
    expect(text(change)).toContain(`  ? ${who}: may now do anything (${why})\n`);
  });
});

describe('the digest', () => {
  const of = (before: Facts, after: Facts) => digestOf('plans', [environment(before, after)]);

  it('is the same for the same openings, regardless of what closes', () => {
    expect(of(recipe(''), recipe('a.example.gov:443'))).toBe(
      of(recipe('b.example.gov:443'), recipe('a.example.gov:443')),
    );
  });

  it('changes as soon as more opens, or for someone else', () => {
    const digests = [
      of(recipe(''), recipe('a.example.gov:443')),
      of(recipe(''), recipe('a.example.gov:443\nb.example.gov:443')),
      of(recipe(''), recipe('a.example.gov:80,443')),
      of(recipe('', { policies: [] }), recipe('', { policies: [policy('outside/proxy', 'inside/web')] })),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('the comment', () => {
  it("stays below GitHub's limit, and says what it omits", () => {
    const comment = markdown(report(environment(recipe(''), many(250))));
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toMatch(/\d+ more were left out: they are in the JSON of the review/);
    expect(comment).toMatch(/\d+ edges were left out/);
    expect(comment).toMatch(/`egress-approved-[0-9a-v]{32}`/);
  });

  it('folds a long table', () => {
    const comment = markdown(report(environment(recipe(''), many(20))));
    expect(comment).toContain('<details><summary>Opens (');
    expect(comment).not.toContain('more were left out');
  });
});

describe('the picture', () => {
  it('marks what opens and what closes, and keeps what stays', () => {
    const { picture } = environment(
      recipe('a.example.gov:443\nb.example.gov:443'),
      recipe('b.example.gov:443\nc.example.gov:443'),
    );
    expect(draw(picture()).text.split('\n')).toEqual([
      'flowchart LR',
      '  subgraph s0["outside"]',
      '    n0["proxy"]',
      '  end',
      '  subgraph s1["inside"]',
      '    n1["web"]',
      '  end',
      '  n2(["c.example.gov:443"])',
      '  n3(["a.example.gov:443"])',
      '  n4(["b.example.gov:443"])',
      '  n0 ==>|"+"| n2',
      '  linkStyle 0 stroke:#1a7f37,stroke-width:3px',
      '  n0 -.->|"−"| n3',
      '  linkStyle 1 stroke:#cf222e,stroke-width:2px',
      '  n1 -->|"tcp 3128"| n0',
      '  n0 --> n4',
    ]);
  });

  it('omits unchanged edges before it becomes unreadable', () => {
    const before = many(100);
    const { text: drawn, leftOut } = draw(
      environment(before, recipe('new.example.gov:443', { ...before, applications: before.applications })).picture(),
    );
    expect(drawn.split('\n').filter((line) => line.includes('-->')).length).toBeLessThanOrEqual(60);
    expect(leftOut).toBeGreaterThan(0);
  });
});
