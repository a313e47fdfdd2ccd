import { spawnSync } from 'node:child_process';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-module';
import { REPOSITORY } from '../../tools/platform';
import { silent } from '../../tools/progress';

test('actionlint finds no problem in the workflows', async () => {
  const actionlint = await ensureBuilt('actionlint', new Cache(), silent);
  // Without programs that only some machines have, so that the result is the same everywhere.
  const { status, stdout, stderr } = spawnSync(actionlint, ['-shellcheck=', '-pyflakes='], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' });
}, 600_000);
