import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder';
import { runCommand } from '../support/command';
import { reviewPlanCommand } from '../../../review/commands';
import { forEngine, forProvider, readVariables } from '../../../review/planning/providers';

const lines = [
  'CF_API_URL=https://api.example.gov',
  'CF_PASSWORD=a=b c',
  'AWS_SECRET_ACCESS_KEY=state',
  'TF_VAR_seed=seed',
  'HTTPS_PROXY=http://proxy.example.gov:3128',
  '',
  '# a comment',
].join('\r\n');

describe('the account', () => {
  const variables = readVariables(lines);

  it('goes only to the platform’s provider, while every provider gets the proxy settings', () => {
    expect(forEngine(variables)).toEqual({
      AWS_SECRET_ACCESS_KEY: 'state',
      TF_VAR_seed: 'seed',
      HTTPS_PROXY: 'http://proxy.example.gov:3128',
    });
    expect(forProvider('cloudfoundry/cloudfoundry', variables)).toEqual({
      CF_API_URL: 'https://api.example.gov',
      CF_PASSWORD: 'a=b c',
      HTTPS_PROXY: 'http://proxy.example.gov:3128',
    });
  });

  it('goes to no other provider', () => {
    expect(forProvider('hashicorp/random', variables)).toEqual({ HTTPS_PROXY: 'http://proxy.example.gov:3128' });
  });
});

test('a secret with a percent sign is masked as it is, not as the runner would decode it', async () => {
  const folder = temporaryFolder();
  process.env.CREDENTIALS = 'CF_PASSWORD=a%25b%0Ac';
  try {
    const { out } = await runCommand(reviewPlanCommand(), ['--stacks', folder, '--out', join(folder, 'out')]);
    expect(out).toBe('::add-mask::a%2525b%250Ac\n');
  } finally {
    delete process.env.CREDENTIALS;
  }
});
