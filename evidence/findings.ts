import type { Facts } from '../review/model/facts';
import { sha256 } from '../review/model/fingerprint';
import { type Outcome, OUTCOMES } from '../review/organization/document';
import { block, type Json, list, text } from '../review/readers/json';
import type { Circumstances, Finding, Kind, Method } from './record';

/** What a result's JSON says, by the command that wrote it. */
interface Reader {
  readonly kind: Kind;
  readonly method: Method;
  readonly is: (json: unknown) => boolean;
  readonly read: (json: Json, rows: readonly unknown[]) => Pick<Finding, 'outcome' | 'summary'> & Partial<Finding>;
}

const READERS: readonly Reader[] = [
  {
    kind: 'review',
    method: 'review',
    // With all of its lists: without one, as in a part of a review, nothing would open.
    is: (json) =>
      typeof block(json).widens === 'boolean' &&
      list(block(json).environments).length > 0 &&
      list(block(json).environments).every((each) => areLists(block(each), ['opens', 'unknown'])),
    read: ({ sentence, digest, environments, commit }) => {
      const [opens, unknown] = ['opens', 'unknown'].map((verdict) =>
        list(environments).reduce<number>((sum, each) => sum + list(block(each)[verdict]).length, 0),
      ) as [number, number];
      return {
        // What a fork's code says about itself counts as unknown, too.
        outcome: outcomeOf(opens > 0, unknown > 0 || commit !== undefined),
        summary: text(sentence),
        digest: text(digest),
      };
    },
  },
  {
    kind: 'approval',
    method: 'review',
    is: (json) => text(block(block(json).gate).state) !== '',
    read: ({ gate, digest, pullRequest }) => {
      const { state, description, by } = block(gate);
      return {
        outcome: outcomeOf(state !== 'success', false),
        summary: text(description),
        digest: text(digest),
        subject: `pull request ${String(pullRequest)}`,
        ...(list(by).length > 0 && { approvedBy: list(by).map(text) }),
      };
    },
  },
  {
    kind: 'audit',
    method: 'configuration',
    is: (json) => list(block(json).spaces).length > 0 && areLists(block(json), ['extra', 'missing', 'unknown']),
    read: ({ extra, missing, unknown, spaces }) => {
      const [more, less, open] = [extra, missing, unknown].map((rows) => list(rows).length) as [number, number, number];
      return {
        outcome: outcomeOf(more + less > 0, open > 0),
        summary: `${more} only on the platform, ${less} only in the code, ${open} unknown`,
        subject: list(spaces).map(text).sort().join(', '),
      };
    },
  },
  {
    kind: 'audit',
    method: 'configuration',
    is: (json) => {
      const { kind, outcome, baseline } = block(json);
      const allowed = baseline === undefined ? [undefined, ...OUTCOMES] : OUTCOMES;
      return kind === 'organization' && allowed.some((one) => one === outcome);
    },
    read: ({ organization, outcome, baseline, observations }) => ({
      // A list that was compared with nothing has no outcome, so as evidence it is inconclusive.
      outcome: baseline === undefined ? 'inconclusive' : (outcome as Outcome),
      summary:
        baseline === undefined
          ? `listed, but compared with nothing, with ${list(observations).length} observations: give --baseline`
          : 'compared with the last run',
      subject: text(organization),
    }),
  },
  {
    kind: 'verify',
    method: 'packets',
    is: (json) => {
      const { kind, outcome, rows, inconclusive } = block(json);
      return kind === 'verify' && Array.isArray(rows) && outcome === outcomeOfRows(rows, inconclusive !== undefined);
    },
    read: ({ outcome, rows, inconclusive }) => {
      const right = list(rows).filter((row) => block(row).outcome === 'as expected');
      const { cause, because } = block(inconclusive);
      return {
        outcome: outcome as Outcome,
        summary:
          inconclusive === undefined
            ? `${right.length} of ${list(rows).length} answers as expected`
            : `${text(cause)}: ${text(because)}`,
      };
    },
  },
];

const areLists = (json: Json, names: readonly string[]): boolean => names.every((name) => Array.isArray(json[name]));

/** As verify sums them up: an answer that is wrong is wrong, and nothing asked is nothing seen. */
function outcomeOfRows(rows: readonly unknown[], failed: boolean): Outcome {
  const outcomes = rows.map((row) => block(row).outcome);
  const isRight = outcomes.length > 0 && outcomes.every((one) => one === 'as expected');
  return outcomeOf(outcomes.includes('not as expected'), failed || !isRight);
}

function outcomeOf(differs: boolean, unknown: boolean): Outcome {
  if (differs) return 'not as expected';
  return unknown ? 'inconclusive' : 'as expected';
}

/** A failure counts even if something else is unknown. Undefined for what none of the commands prints. */
export function findingOf(json: unknown, subject: string): Finding | undefined {
  const reader = READERS.find(({ is }) => is(json));
  if (reader === undefined) return undefined;
  const { kind, method, read } = reader;
  return { kind, method, subject, ...read(block(json), list(json)) };
}

/** For a command without a result, which says nothing about the system. */
export function failureOf(kind: Kind, subject: string, because: string): Finding {
  const { method } = READERS.find((reader) => reader.kind === kind) as Reader;
  return { kind, method, outcome: 'inconclusive', subject, summary: because };
}

/** What a GitHub workflow says about itself. */
export function runOf(env: NodeJS.ProcessEnv): Circumstances {
  const { GITHUB_SHA, GITHUB_REF, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
  const [, pull] = /^refs\/pull\/([1-9][0-9]*)\//.exec(GITHUB_REF ?? '') ?? [];
  return {
    ...(GITHUB_SHA !== undefined && { commit: GITHUB_SHA }),
    ...(pull !== undefined && { pullRequest: Number(pull) }),
    ...(GITHUB_SERVER_URL !== undefined &&
      GITHUB_REPOSITORY !== undefined &&
      GITHUB_RUN_ID !== undefined && {
        run: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`,
      }),
  };
}

/** The proxies in the code: their lists as one hash, which depends on the lines but not on their order. */
export function proxiesOf({ applications }: Facts): Pick<Circumstances, 'list' | 'images'> {
  const proxies = applications.filter(({ allowlist }) => allowlist !== undefined);
  const lists = proxies.map(({ id, allowlist }) => {
    const lines = allowlist?.lines.map(({ client, text: line }) => [client ?? null, line]) ?? [];
    const unknown = allowlist?.unknown.map(({ token }) => token) ?? [];
    return JSON.stringify([id, lines, allowlist?.lists ?? [], unknown]);
  });
  const images = proxies.flatMap(({ program }) => (typeof program?.image === 'string' ? [program.image] : []));
  return {
    ...(lists.length > 0 && { list: sha256(JSON.stringify(lists.sort()), 'hex') }),
    ...(images.length > 0 && { images: [...new Set(images)].sort() }),
  };
}

/** A plan names only its engine's version; the registry of its providers shows which engine it is. */
export function engineOf(plan: unknown): Pick<Circumstances, 'engine'> {
  const { terraform_version: version, configuration } = block(plan);
  const sources = Object.values(block(block(configuration).provider_config)).map((each) => text(block(each).full_name));
  const names = list(block(plan).resource_changes).map((change) => text(block(change).provider_name));
  const tofu = [...sources, ...names].some((source) => source.startsWith('registry.opentofu.org/'));
  return text(version) === '' ? {} : { engine: `${tofu ? 'tofu' : 'terraform'} ${text(version)}` };
}

/** Versions of the providers in a lock file of either engine. */
export function providersOf(lock: string): Pick<Circumstances, 'providers'> {
  const locked = [...lock.matchAll(/^provider "([^"\s]+)" \{\n\s*version\s*=\s*"([^"\s]+)"/gm)];
  if (locked.length === 0) return {};
  return { providers: Object.fromEntries(locked.map(([, source = '', version = '']) => [source, version])) };
}
