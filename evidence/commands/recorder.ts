import { existsSync, readFileSync } from 'node:fs';
import { type Code, factsOf } from '../../review/commands/facts';
import { sha256 } from '../../review/model/fingerprint';
import { InputError } from '../../review/readers/input';
import { append } from '../append';
import { secretsOf } from '../secrets';
import { checkChain } from '../chain';
import { engineOf, failureOf, findingOf, providersOf, proxiesOf, runOf } from '../findings';
import { type Circumstances, type Finding, type Head, type Kind, resultName } from '../record';
import { FolderStore } from '../store/folder';
import { GitStore } from '../store/git';
import { S3Store } from '../store/s3';
import type { Store } from '../store/store';

/** The lock file of the providers, where the engine expects it. */
const LOCK = '.terraform.lock.hcl';

/** A result with everything that is known about it. */
export interface Result {
  /** Its JSON, or why a command of that kind has none. */
  readonly text: string | { readonly kind: Kind; readonly failure: string };
  /** For a result that doesn't say what it is about. */
  readonly subject?: string;
  readonly code?: Code;
  readonly circumstances?: Circumstances;
  readonly sbom?: string;
  readonly lock?: string;
}

/** The environment, clock and version of the writer. */
export interface Writer {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Version of this command. */
  readonly command: string;
}

/** @param store a folder, git:BRANCH or s3://BUCKET/PREFIX */
export async function record(store: string, result: Result, { env, now, command }: Writer): Promise<Head> {
  const circumstances = circumstancesOf(result, env);
  const text = typeof result.text === 'string' ? result.text : `${JSON.stringify(result.text, undefined, 2)}\n`;
  return append(storeAt(store), {
    finding: findingIn(result, circumstances),
    circumstances,
    result: text,
    time: now(),
    command,
    secrets: secretsOf(env),
  });
}

/** Adds the records of a store to another one, in their order, with their original times and circumstances. */
export async function transfer(from: string, to: string, { env }: Pick<Writer, 'env'>): Promise<Head> {
  const files = await storeAt(from).open();
  const { records, faults } = checkChain(files);
  const [fault] = faults;
  if (fault !== undefined)
    throw new InputError(`${from} is not intact, so nothing was added: ${fault.name} ${fault.problem}`);
  let head: Head | undefined;
  for (const record of records) {
    head = await append(storeAt(to), {
      finding: record,
      circumstances: {},
      result: Buffer.from(files.read(resultName(record.result)) ?? []).toString('utf8'),
      time: new Date(record.time),
      command: record.command,
      secrets: secretsOf(env),
    });
  }
  if (head === undefined)
    throw new InputError(`${from} contains no evidence: check that it is the store that --record names`);
  return head;
}

function findingIn(result: Result, { pullRequest }: Circumstances): Finding {
  const { text } = result;
  const subject = pullRequest === undefined ? (result.subject ?? 'the deployed system') : `pull request ${pullRequest}`;
  if (typeof text !== 'string') return failureOf(text.kind, result.subject ?? subject, text.failure);
  const json = parse(text);
  const failure = json as { readonly kind?: Kind; readonly failure?: unknown };
  if (typeof failure.failure === 'string' && failure.kind !== undefined) {
    return failureOf(failure.kind, result.subject ?? subject, failure.failure);
  }
  const finding = findingOf(json, result.subject ?? subject);
  if (finding === undefined) {
    throw new InputError(
      'this is not a result of review, review-publish, audit or verify: give what one of them prints as JSON, and a plan by --plan',
    );
  }
  return finding;
}

function parse(text: string): object {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    throw new InputError('the result is not JSON, or was cut off: give what --json or --format json prints');
  }
}

function circumstancesOf(result: Result, env: NodeJS.ProcessEnv): Circumstances {
  const { code = { plans: [], trees: [] }, sbom, lock } = result;
  const { plans, trees } = code;
  const file = lock ?? (existsSync(LOCK) ? LOCK : undefined);
  return {
    ...runOf(env),
    ...result.circumstances,
    ...(plans.length > 0 && { plans: plans.map((plan) => sha256(readFileSync(plan.file), 'hex')) }),
    ...(plans.length + trees.length > 0 && proxiesOf(factsOf(code))),
    ...(sbom !== undefined && { sbom: sha256(readFileSync(sbom), 'hex') }),
    ...engineOf(plans[0]?.json),
    ...(file !== undefined && providersOf(readFileSync(file, 'utf8'))),
  };
}

/**
 * The store with a name from the command line: a folder, `git:BRANCH` of the current repository, or
 * `s3://BUCKET/PREFIX`.
 */
export function storeAt(place: string): Store {
  const [, kind, rest = ''] = /^(git:|s3:\/\/)(.+)$/.exec(place) ?? [];
  if (kind === 'git:') return new GitStore(process.cwd(), rest);
  return kind === undefined ? new FolderStore(place) : new S3Store(rest);
}
