import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';

const pagesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));

test('the API reference is what the comments in the code say: npm run docs:api', () => {
  const made = mkdtempSync(join(tmpdir(), 'api-'));
  try {
    execFileSync(join(REPOSITORY, 'node_modules/.bin/typedoc'), ['--out', made], { cwd: REPOSITORY, stdio: 'pipe' });
    expect(pagesIn(join(REPOSITORY, 'docs', 'api'))).toEqual(pagesIn(made));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}, 120_000);
