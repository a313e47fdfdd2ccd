import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reviewPlanCommand } from '../../../review/commands';
import { runCommand } from '../support/command';

test('a secret with a percent sign is masked as it is, not as the runner would decode it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'review-plan-'));
  process.env.CREDENTIALS = 'CF_PASSWORD=a%25b%0Ac';
  try {
    const { out } = await runCommand(reviewPlanCommand(), ['--stacks', folder, '--out', join(folder, 'out')]);
    expect(out).toBe('::add-mask::a%2525b%250Ac\n');
  } finally {
    delete process.env.CREDENTIALS;
    rmSync(folder, { recursive: true, force: true });
  }
});
