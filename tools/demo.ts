/** The example stack on a local foundation: shared by `npm start`, `npm run down` and the end-to-end tests. */
import { join } from 'node:path';
import { readConfig } from '../config';
import { CloudFoundry, accountFrom } from '../cli/cloud-foundry';
import type { Story } from '../cli/deploy-log/story';
import { type AppInstances, awaitInstances, failuresSince } from '../cli/instances';
import { type EngineSetup, type ContainerSetup, setUpContainers, setUpEngine } from './setup';
import type { EngineName } from './engine';
import type { Progress } from './progress';
import { withChange } from './providers';
import { Stack, type StackOptions } from './stack';
import type { Selection } from './state-file';
import { DEFAULT_NAME, environment, up } from '@space-egress/foundation';

export const ROOT = join(__dirname, '..');
export const STACK = 'egress-demo';

/** The foundation that the commands use. */
export const foundationName = (env: NodeJS.ProcessEnv = process.env): string => env.EGRESS_FOUNDATION ?? DEFAULT_NAME;

/** The environment for deploying the stack to a running foundation. */
export async function stackEnvironment(foundation: string, { env }: EngineSetup): Promise<NodeJS.ProcessEnv> {
  return {
    ...withChange(process.env, env),
    ...(await environment({ name: foundation })),
    EGRESS_FOUNDATION: foundation,
  };
}

export interface Started {
  readonly setup: EngineSetup & ContainerSetup;
  readonly env: NodeJS.ProcessEnv;
}

/** Finds or creates everything, up to a running foundation. */
export async function startFoundation(progress: Progress, foundation: string, engine?: EngineName): Promise<Started> {
  const setup = { ...(await setUpEngine(progress, engine)), ...(await setUpContainers(progress)) };
  await up({ name: foundation, files: { node: setup.node.path, versitygw: setup.versitygw }, progress });
  return { setup, env: await stackEnvironment(foundation, setup) };
}

/** What an apply did, in its own words. */
export function deploySummary(output: string): string {
  const applied = /Resources: .*?destroyed/.exec(output)?.[0];
  return output.includes('No changes.') ? 'No changes' : (applied?.replace('Resources: ', '') ?? 'done');
}

/** Waits until the stack's applications are running, which an apply doesn't do. */
export async function awaitApplications(env: NodeJS.ProcessEnv): Promise<readonly AppInstances[]> {
  const { cloud, spaces } = await spacesOf(env);
  return awaitInstances(cloud, spaces);
}

/** What happened to applications of the stack that have crashed since then. */
export async function failedDeployments(env: NodeJS.ProcessEnv, since: Date): Promise<readonly Story[]> {
  const { cloud, spaces } = await spacesOf(env);
  return failuresSince(cloud, spaces, since);
}

async function spacesOf(env: NodeJS.ProcessEnv): Promise<{ cloud: CloudFoundry; spaces: readonly string[] }> {
  const cloud = await CloudFoundry.login(accountFrom(env));
  const { org, restrictedSpace, publicSpace } = readConfig(env);
  const spaces = await Promise.all([restrictedSpace, publicSpace].map((name) => cloud.spaceGuid(org, name)));
  return { cloud, spaces };
}

/** Selects this foundation's local state, whichever foundation the checkout was used with before. */
export async function selectState(env: NodeJS.ProcessEnv): Promise<Selection> {
  const cloud = await CloudFoundry.login(accountFrom(env));
  return demoStack(env).state.select(await cloud.organizationGuid(readConfig(env).org));
}

export function demoStack(env: NodeJS.ProcessEnv, callbacks: Pick<StackOptions, 'onLine' | 'onInterrupt'> = {}): Stack {
  return new Stack({ folder: ROOT, name: STACK, engine: env.TERRAFORM_BINARY_NAME ?? 'terraform', env, ...callbacks });
}
