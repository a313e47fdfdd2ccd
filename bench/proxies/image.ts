import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../../__tests__/squid/docker';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-build';
import type { Print } from '../benchmark';

const PROGRAMS = ['caddy', 'load', 'smokescreen'] as const;

/**
 * An image with all peers and the load: Debian's packages and programs that are built here, on top of one with squid.
 */
export async function buildPeers(
  base: string,
  tag: string,
  print: Print,
  programs: readonly (typeof PROGRAMS)[number][] = PROGRAMS,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'space-egress-peers-'));
  try {
    for (const program of programs) {
      await copyFile(await ensureBuilt(program, new Cache(), print), join(context, program));
    }
    const dockerfile = [
      `FROM ${base}`,
      'USER 0',
      'RUN apt-get update && apt-get install --yes --no-install-recommends iproute2 tinyproxy',
      `COPY ${programs.join(' ')} /usr/local/bin/`,
      'USER 13:13',
      'ENTRYPOINT ["sh", "-c"]',
    ];
    await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n'));
    await docker('build', '--quiet', '--tag', tag, context);
  } finally {
    await rm(context, { recursive: true });
  }
}
