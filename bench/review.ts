/**
 * How much time and memory the review of a large plan takes as a process, from the file to the comment or JSON, with a
 * thousand applications and an increasing number of edges between them.
 *
 * The natural peer is np-guard's netpol-analyzer on the same graph, but its Go module isn't available from the module
 * proxy. The ratio is therefore to the least that any reviewer of a plan must do: parse the file as JSON in a separate
 * process.
 */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Benchmark, inScratch } from './benchmark';
import { buildProgram } from '../tools/build-command';
import { describeRatio, describeTimes, measure, peakOf, PRINTS_PEAK, timeOf } from './times';

const APPLICATIONS = 1000;
const EDGES = [100, 1000, 10_000] as const;
const SPACES = 20;
const PROXIES = 10;
const PROVIDER = 'registry.terraform.io/cloudfoundry/cloudfoundry';

/** The review's bars, in seconds and MiB. */
const MOST_SECONDS = 2;
const MOST_MIB = 300;

export const benchmark: Benchmark = {
  what: `review of a plan with ${APPLICATIONS} applications and up to ${EDGES.at(-1) ?? 0} edges`,
  rounds: 3,
  run: (rounds, print) =>
    inScratch(async (folder) => {
      const review = bundle(folder);
      const plans = [
        ...EDGES.map((edges) => [`${edges} edges`, planText(APPLICATIONS, edges)] as const),
        ['the first plan of 300 applications, 3 proxies and 3000 entries', firstPlanText(300, 3, 3000)] as const,
      ];
      for (const [what, text] of plans) {
        const plan = join(folder, 'plan.json');
        writeFileSync(plan, text);
        const parse = await measure(rounds, () => timeOf(() => peakOf(['-e', PARSE, plan])));
        const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
        for (const format of ['markdown', 'json']) {
          let [memory, printed] = [0, 0];
          const times = await measure(rounds, () =>
            timeOf(async () => {
              const ran = await peakOf([review, format, plan], { status: 2 });
              [memory, printed] = [Math.max(memory, ran.memory), ran.printed];
            }),
          );
          print(describeTimes(`${what}, a plan of ${mebibytes(statSync(plan).size)}, as ${format}`, times));
          print(
            `  ${mebibytes(printed)} printed, at most ${memory} MiB of memory (bars: ${MOST_SECONDS} s, ${MOST_MIB} MiB)`,
          );
          print(`  ${describeRatio('the review', times, 'reading the file as JSON', parse)}`);
        }
      }
    }),
};

const PARSE = `${PRINTS_PEAK}JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'))`;

/** As it is published: one file, without a compiler at run time. */
function bundle(folder: string): string {
  const entry = `${PRINTS_PEAK}
    import { reviewCommand } from './review/commands';
    void reviewCommand().parseAsync(['--format', process.argv[2], process.argv[3]], { from: 'user' });`;
  const outfile = join(folder, 'review.js');
  buildProgram(entry, outfile);
  return outfile;
}

type Json = Readonly<Record<string, unknown>>;

interface Part {
  readonly type: string;
  readonly name: string;
  readonly before: Json | null;
  readonly after: Json | null;
  readonly written: Json;
}

/** Every hundredth edge and every tenth proxy's list change, so that there is something to report. */
function planText(applications: number, edges: number): string {
  return textOf([...spaces(), ...bindings(), ...apps(applications), ...policies(applications, edges)]);
}

/** The first plan of an organization: each application is a client of each proxy, and everything is new. */
function firstPlanText(applications: number, proxies: number, entries: number): string {
  const created = (type: string, name: string, values: Json): Part => ({ ...same(type, name, values), before: null });
  const app = (id: string, space: number, environment: Json): Part =>
    created('cloudfoundry_app', id.replace('-', '_'), {
      id,
      name: id,
      org_name: 'agency',
      space_name: `space-${space}`,
      docker_image: 'registry.example/app:1',
      environment,
    });
  const allow = (proxy: number): string =>
    range(entries / proxies)
      .map((line) => `host-${line}.team-${proxy}.example.gov:443`)
      .join('\n');
  return textOf([
    ...[...spaces(), ...bindings()].map((part) => ({ ...part, before: null })),
    ...range(proxies).map((proxy) => app(`proxy-${proxy}`, 0, { EGRESS_ALLOW: allow(proxy) })),
    ...range(applications).map((client) => app(`client-${client}`, SPACES - 1, {})),
    ...range(applications * proxies).map((edge) => {
      const [source, destination] = [`client-${edge % applications}`, `proxy-${Math.floor(edge / applications)}`];
      const policy = { source_app: source, destination_app: destination, protocol: 'tcp', port: '3128' };
      return created('cloudfoundry_network_policy', `policy_${edge}`, { policies: [policy] });
    }),
  ]);
}

function textOf(parts: readonly Part[]): string {
  const address = ({ type, name }: Part): string => `${type}.${name}`;
  const resource = (part: Part, values: Json | null): Json => ({
    address: address(part),
    mode: 'managed',
    type: part.type,
    name: part.name,
    provider_name: PROVIDER,
    schema_version: 0,
    values,
    sensitive_values: {},
  });
  const group = {
    address: 'data.cloudfoundry_security_group.public',
    mode: 'data',
    type: 'cloudfoundry_security_group',
    name: 'public',
    values: {
      id: 'group-public',
      name: 'public_networks_egress',
      rules: [{ protocol: 'all', destination: '11.0.0.0-169.253.255.255' }],
    },
    sensitive_values: {},
  };
  const named = (key: 'before' | 'after'): readonly Json[] =>
    parts.filter((part) => part[key] !== null).map((part) => resource(part, part[key]));
  return JSON.stringify({
    format_version: '1.2',
    planned_values: { root_module: { resources: named('after') } },
    resource_changes: parts.map((part) => ({
      ...resource(part, null),
      change: {
        actions: part.before === null ? ['create'] : part.after === null ? ['delete'] : ['no-op'],
        before: part.before,
        after: part.after,
        after_unknown: {},
        before_sensitive: {},
        after_sensitive: {},
      },
    })),
    prior_state: { format_version: '1.0', values: { root_module: { resources: [...named('before'), group] } } },
    configuration: {
      provider_config: { cloudfoundry: { name: 'cloudfoundry', full_name: PROVIDER } },
      root_module: {
        resources: parts.map((part) => ({
          address: address(part),
          mode: 'managed',
          type: part.type,
          name: part.name,
          provider_config_key: 'cloudfoundry',
          schema_version: 0,
          expressions: Object.fromEntries(
            Object.entries(part.written).map(([key, value]) => [key, { constant_value: value }]),
          ),
        })),
      },
    },
  });
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function same(type: string, name: string, values: Json): Part {
  return { type, name, before: values, after: values, written: values };
}

function spaces(): Part[] {
  return range(SPACES).map((index) =>
    same('cloudfoundry_space', `space_${index}`, { id: `space-${index}`, name: `space-${index}`, org: 'agency' }),
  );
}

function bindings(): Part[] {
  return range(SPACES / 2).map((index) =>
    same('cloudfoundry_security_group_space_bindings', `public_${index}`, {
      security_group: 'group-public',
      running_spaces: [`space-${index}`],
      staging_spaces: null,
    }),
  );
}

function apps(count: number): Part[] {
  return range(count).map((index) => {
    const proxy = index < PROXIES;
    const allow = (more: number): string =>
      range(20 + more)
        .map((line) => `host-${line}.team-${index}.example.gov:443`)
        .join('\n');
    const values = (more: number): Json => ({
      id: `app-${index}`,
      name: `app-${index}`,
      org_name: 'agency',
      space_name: `space-${proxy ? 0 : SPACES / 2 + (index % (SPACES / 2))}`,
      docker_image: `registry.example/app:${index}`,
      environment: proxy ? { EGRESS_ALLOW: allow(more) } : { HTTPS_PROXY: 'http://app-0.apps.internal:3128' },
      instances: 2,
      memory: '256M',
      enable_ssh: false,
    });
    const changed = values(proxy && index === 0 ? 1 : 0);
    return { type: 'cloudfoundry_app', name: `app_${index}`, before: values(0), after: changed, written: changed };
  });
}

function policies(applications: number, edges: number): Part[] {
  return range(edges).map((index) => {
    const source = PROXIES + (index % (applications - PROXIES));
    const destination = Math.floor(index / (applications - PROXIES)) % PROXIES;
    const values: Json = {
      policies: [{ source_app: `app-${source}`, destination_app: `app-${destination}`, protocol: 'tcp', port: '3128' }],
    };
    const fresh = index % 100 === 0;
    const gone = index % 100 === 1;
    return {
      type: 'cloudfoundry_network_policy',
      name: `policy_${index}`,
      before: fresh ? null : values,
      after: gone ? null : values,
      written: values,
    };
  });
}
