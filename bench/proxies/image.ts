import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../../__tests__/squid/docker';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-build';
import type { Print } from '../benchmark';

/** An image with all peers: Debian's packages and our build of Caddy, on top of one that has squid. */
export async function buildPeers(base: string, tag: string, print: Print): Promise<void> {
  const caddy = await ensureBuilt('caddy', new Cache(), print);
  const context = await mkdtemp(join(tmpdir(), 'space-egress-peers-'));
  try {
    await copyFile(caddy, join(context, 'caddy'));
    const dockerfile = [
      `FROM ${base}`,
      'USER 0',
      'RUN apt-get update && apt-get install --yes --no-install-recommends iproute2 tinyproxy',
      'COPY caddy /usr/local/bin/',
      'USER 13:13',
      'ENTRYPOINT ["sh", "-c"]',
    ];
    await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n'));
    await docker('build', '--quiet', '--tag', tag, context);
  } finally {
    await rm(context, { recursive: true });
  }
}
