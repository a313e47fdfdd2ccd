import { readTree } from '../../../review/readers/tree';
import type { Report } from '../../../review/report/report';
import type { Settings } from '../../../review/settings';
import { reviewPlans, reviewTrees } from '../../../review/review';
import { plan, type Change, type Configuration, planFile } from '../support/plan';

export type Values = Readonly<Record<string, unknown>>;
/** A program's resources, by type and name. */
export type Resources = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The review of a plan, optionally with the program that it was made from. */
export function reviewed(changes: readonly Change[], more: Configuration = {}, program?: object): Report {
  const trees = program === undefined ? [] : [{ name: 'p', json: program }];
  return reviewPlans([planFile(plan(changes, more), 'p')], trees);
}

/** Whether a plan needs an approval. */
export function stopped(...plan: Parameters<typeof reviewed>): boolean {
  return reviewed(...plan).widens;
}

/** The review of a change from one program to another. */
export function reviewedBetween(before: object, after: object, settings?: Settings): Report {
  const [old = [], now = []] = [before, after].map((json) => [{ name: 's', json }]);
  if (readTree(now).length === 0) throw new Error('there is nothing in the program after the change');
  return reviewTrees(old, now, undefined, settings);
}

/** Whether a change from one program to another needs an approval. */
export function stoppedBetween(before: object, after: object): boolean {
  return reviewedBetween(before, after).widens;
}

export function program(resource: Resources, more: object = {}): object {
  const required_providers = { cloudfoundry: { source: 'cloudfoundry/cloudfoundry', version: '1.16.0' } };
  return { terraform: { required_providers }, resource, ...more };
}

export function fixed(address: string, values: Values): Change {
  return { address, before: values, after: values };
}

export function made(address: string, after: Values, unknown: object = {}): Change {
  return { address, before: null, after, unknown };
}

/** @param change the attributes that differ after the change */
export function changed(address: string, values: Values, change: Values, sensitive: object = {}): Change {
  return { address, before: values, after: { ...values, ...change }, sensitive };
}

export function app(name: string, more: Values = {}): Values {
  return { id: `id of ${name}`, name, org_name: 'o', space_name: 's', ...more };
}

export function proxy(list: string, more: Values = {}): Values {
  return app('proxy', { docker_image: 'ghcr.io/team/proxy:1', environment: { EGRESS_ALLOW: list }, ...more });
}

export const LIST = 'a.example:443';
export const LONGER = 'a.example:443\nevil.example:443';

export const RULES = [{ protocol: 'tcp', destination: '1.1.1.1', ports: '443' }];
export const WIDE = [{ protocol: 'all', destination: '0.0.0.0/0' }];

export function group(more: Values = {}): Values {
  const flags = { globally_enabled_running: false, globally_enabled_staging: false };
  return { id: 'g', name: 'g', ...flags, rules: RULES, running_spaces: [], staging_spaces: [], ...more };
}

/** The space of all applications here. */
export const SPACE = [
  fixed('cloudfoundry_org.o', { id: 'o1', name: 'o' }),
  fixed('cloudfoundry_space.s', { id: 's1', name: 's', org: 'o1', allow_ssh: false }),
];

export const BOUND = { security_group: 'g', running_spaces: ['s1'], staging_spaces: null };
export const BINDING = 'cloudfoundry_security_group_space_bindings.b';

export function policy(more: Values = {}): Values {
  return { source_app: 'a', destination_app: 'b', port: '80', protocol: 'tcp', ...more };
}

/** A policy between two applications of a program. */
export function edge(source: string, destination: string, port = '80'): Resources {
  const [source_app, destination_app] = [source, destination].map((name) => `\${cloudfoundry_app.${name}.id}`);
  return { cloudfoundry_network_policy: { p: { policies: [policy({ source_app, destination_app, port })] } } };
}
