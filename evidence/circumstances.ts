import type { Facts } from '../review/model/facts';
import { sha256 } from '../review/model/fingerprint';
import { block, list, text } from '../review/readers/json';
import type { Circumstances } from './record';

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
