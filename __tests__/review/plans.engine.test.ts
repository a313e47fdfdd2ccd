import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import type { Foundation } from '@space-egress/foundation/testing';
import Ajv from 'ajv';
import type { TerraformResource, TerraformStack } from 'cdktf';
import schema from '../../review/report/review.schema.json';
import { BEFORE, CHANGES, demo } from './support/demo';
import { Deployment, type Program } from '../support/deployment';
import { EITHER_ENGINE, testUnder } from '../support/engines';
import { plain } from '../../review/phrase';
import { readTreeFolder, type PlanFile } from '../../review/readers/input';
import type { SynthesizedStack } from '../../review/readers/tree';
import { json } from '../../review/report/json';
import { markdown } from '../../review/report/markdown';
import { clauseOf, sentenceOf, type Report } from '../../review/report/report';
import { text } from '../../review/report/text';
import { reviewPlans, reviewTrees } from '../../review/review';
import type { EngineName } from '../../tools/engine';
import { planFile, sentences } from './support/plan';

export type { Program };

/** Creates plans as the review reads them. */
export class Planner {
  static async start(engineName: EngineName): Promise<Planner> {
    return new Planner(await Deployment.start(engineName, { TF_VAR_hidden: 'www.hidden.example:443' }, 'demo'));
  }

  private constructor(private readonly deployment: Deployment) {}

  get foundation(): Foundation {
    return this.deployment.foundation;
  }

  stop(): Promise<void> {
    return this.deployment.close();
  }

  /** The output of `cdktf synth` for the program. */
  synthesize(program: Program): SynthesizedStack[] {
    return readTreeFolder(this.deployment.synthesize(program));
  }

  async apply(program: Program): Promise<void> {
    this.synthesize(program);
    await this.deployment.apply();
  }

  /** The plan that changes what is deployed to the program. */
  async plan(program: Program, environment = ''): Promise<{ plan: PlanFile; tree: SynthesizedStack[] }> {
    const tree = this.synthesize(program);
    const file = join(this.deployment.folder, 'plan');
    await this.deployment.engine('plan', '-input=false', `-out=${file}`);
    const json = JSON.parse(await this.deployment.engine('show', '-json', file)) as unknown;
    return { plan: { ...planFile(json), environment }, tree };
  }
}

/** Reviews of real plans, with the real engine, the real provider, and the foundation's API. */

jest.setTimeout(600_000);

/** The documentation shows these comments; `WRITE_COMMENTS=1` writes them again. */
const COMMENTS = join(__dirname, 'comments');
const valid = new Ajv().compile(schema);

const resourceAt = (stack: TerraformStack, path: string): TerraformResource =>
  stack.node.findAll().find(({ node }) => node.path === `demo/${path}/Resource`) as TerraformResource;

type Attribute = readonly [name: string, value: unknown];

/** Sets attributes of a construct's resource, bypassing the construct. */
const withOverrides =
  (program: Program, path: string, attributes: readonly Attribute[]): Program =>
  (stack) => {
    program(stack);
    const { terraformResourceType, friendlyUniqueId } = resourceAt(stack, path);
    for (const [name, value] of attributes)
      stack.addOverride(`resource.${terraformResourceType}.${friendlyUniqueId}.${name}`, value);
  };
const withOverride = (program: Program, path: string, name: string, value: unknown): Program =>
  withOverrides(program, path, [[name, value]]);

describe.each(EITHER_ENGINE)('plans of %s', (engineName) => {
  let planner: Planner;

  beforeAll(async () => {
    planner = await Planner.start(engineName);
    await planner.apply(BEFORE);
  });

  afterAll(async () => {
    await planner.stop();
  });

  const whenAvailable = (name: string, body: (planner: Planner) => Promise<void> | void): void => {
    testUnder(engineName)(name, async () => {
      await body(planner);
    });
  };
  const reviewed = async (of: Planner, program: Program): Promise<Report> => {
    const { plan, tree } = await of.plan(program);
    return reviewPlans([plan], tree);
  };

  whenAvailable('a plan without changes changes no reach', async (of) => {
    const report = await reviewed(of, BEFORE);
    expect(plain(sentenceOf(report))).toBe('no change of reach');
    expect(report.widens).toBe(false);
  });

  describe.each(CHANGES)('$title', ({ file, change }) => {
    let tree: SynthesizedStack[];
    let report: Report;
    beforeAll(async () => {
      const planned = await planner.plan(demo(change));
      tree = planned.tree;
      report = reviewPlans([planned.plan], tree);
    });

    whenAvailable('gives the comment that the documentation shows', () => {
      const comment = markdown(report);
      const kept = join(COMMENTS, `${file}.md`);
      if (process.env.WRITE_COMMENTS === '1') {
        mkdirSync(dirname(kept), { recursive: true });
        writeFileSync(kept, comment);
      }
      expect(comment).toBe(readFileSync(kept, 'utf8'));
    });

    whenAvailable('is printed as JSON that fits the published schema', () => {
      valid(JSON.parse(json(report)));
      expect(valid.errors).toBeNull();
    });

    whenAvailable('reads the same from two synthesized programs, as far as names tell', (of) => {
      const named = ({ environments }: Report) =>
        environments.flatMap(({ opens, closes }) =>
          [...opens, ...closes].filter(({ way }) => way === 'proxy' || way === 'policy').map((row) => clauseOf(row)),
        );
      const byTrees = reviewTrees(of.synthesize(BEFORE), tree);
      expect(named(byTrees)).toEqual(named(report));
      expect(byTrees.widens).toBe(report.widens);
    });
  });

  /**
   * Updated in place, by the provider's schema. None of them affects reach, unless others can connect to the
   * application.
   */
  const HARMLESS: readonly Attribute[] = [
    ['labels', { team: 'one' }],
    ['annotations', { contact: 'team@example.gov' }],
    ['instances', 3],
    ['memory', '256M'],
    ['disk_quota', '2G'],
    ['timeout', 40],
    ['command', 'serve'],
    ['health_check_type', 'process'],
    ['health_check_interval', 20],
    ['log_rate_limit_per_second', '1M'],
    ['readiness_health_check_type', 'port'],
    ['docker_image', 'registry.example/web:2'],
    ['strategy', 'none'],
    ['environment.LEVEL', 'debug'],
  ];

  whenAvailable('updates in place that have nothing to do with reach are no change of it', async (of) => {
    const PROGRAM = ['command', 'docker_image', 'environment.LEVEL'];
    for (const path of ['Web', 'Proxy']) {
      const attributes = HARMLESS.filter(([name]) => path === 'Web' || !PROGRAM.includes(name));
      const report = await reviewed(of, withOverrides(BEFORE, path, attributes));
      expect([path, plain(sentenceOf(report)), report.widens]).toEqual([path, 'no change of reach', false]);
    }
  });

  whenAvailable('another program instead of the proxy is unknown, although its list is the same', async (of) => {
    const changed = async (attribute: string, value: unknown) =>
      sentences(await reviewed(of, withOverride(BEFORE, 'Proxy', attribute, value)));
    const row = (what: string) => [`web may now get something else from proxy, which runs ${what}`];
    expect(await changed('docker_image', 'evil.example/proxy:1')).toEqual(row('the image evil.example/proxy:1'));
    expect(await changed('command', 'serve')).toEqual(row('a command'));
    expect(await changed('environment.LEVEL', 'debug')).toEqual(row('a variable LEVEL'));
    expect(await changed('sidecars', [{ name: 'relay', command: 'socat' }])).toEqual(row('a sidecar relay'));
  });

  whenAvailable("labels of spaces and routes don't change reach either", async (of) => {
    const labeled = ['Public', 'Restricted', 'WebRoute'].reduce<Program>(
      (program, path) => withOverride(program, path, 'labels', { team: 'one' }),
      BEFORE,
    );
    const report = await reviewed(of, labeled);
    expect([sentences(report), report.widens]).toEqual([[], false]);
  });

  whenAvailable(
    'an allowlist that is marked sensitive is unknown, and its lines are in no form of the review',
    async (of) => {
      const secret: Program = (stack) => {
        withOverride(BEFORE, 'Proxy', 'environment.EGRESS_ALLOW', '${var.hidden}')(stack);
        stack.addOverride('variable.hidden', { type: 'string', sensitive: true });
      };
      const report = await reviewed(of, secret);
      expect(report.widens).toBe(true);
      expect(report.environments[0]?.unknown.map((row) => plain(clauseOf(row)))).toEqual([
        "web may now reach something unknown through proxy (the allowlist can't be read: EGRESS_ALLOW (it is marked sensitive))",
      ]);
      for (const printed of [markdown(report), json(report), text(report)])
        expect(printed).not.toContain('hidden.example');
    },
  );

  whenAvailable('a renamed construct is named as such, with what keeps it', async (of) => {
    const report = await reviewed(of, demo({ id: 'Frontend' }));
    expect(plain(sentenceOf(report))).toBe('no change of reach');
    const [environment] = report.environments;
    expect(environment?.renamed.map(({ what }) => what)).toEqual([
      'application egress-demo/closed/web',
      'policy egress-demo/closed/web -> egress-demo/way-out/proxy tcp 3128',
    ]);
    const [line] = /moveFromId\('cloudfoundry_app\.Web_[0-9A-F]+'\)/.exec(markdown(report)) ?? [];
    const from = /'(.+)'/.exec(line ?? '')?.[1] ?? '';
    const moved: Program = (stack) => {
      demo({ id: 'Frontend' })(stack);
      resourceAt(stack, 'Frontend').moveFromId(from);
    };
    const kept = await reviewed(of, moved);
    expect(kept.environments[0]?.renamed.map(({ what }) => what)).toEqual([
      'policy egress-demo/closed/web -> egress-demo/way-out/proxy tcp 3128',
    ]);
  });

  whenAvailable('a replaced application is shown with the reason', async (of) => {
    const report = await reviewed(of, demo({ name: 'front' }));
    expect(report.environments[0]?.replaced.map(({ type, name, because }) => [type, name, because])).toEqual([
      ['cloudfoundry_app', 'web', ['name']],
    ]);
    expect(markdown(report)).toContain('until the apply ends, it has no network policies');
  });

  whenAvailable('changes by hand on the platform are shown separately from the change', async (of) => {
    const { admin } = of.foundation;
    const apps = (await admin.get('/v3/apps?names=proxy')).body['resources'] as { guid: string }[];
    const path = `/v3/apps/${apps[0]?.guid ?? ''}/environment_variables`;
    await admin.patch(path, { var: { EGRESS_ALLOW: 'www.example.com:443\nleak.example.net:443' } });
    try {
      const report = await reviewed(of, BEFORE);
      expect(report.environments[0]?.drift.map((row) => plain(clauseOf(row)))).toEqual([
        'web can now reach leak.example.net:443 through proxy',
      ]);
      expect(sentences(report)).toEqual(['web can no longer reach leak.example.net:443 through proxy']);
      expect(report.widens).toBe(false);
    } finally {
      await admin.patch(path, { var: { EGRESS_ALLOW: 'www.example.com:443' } });
    }
  });
});
