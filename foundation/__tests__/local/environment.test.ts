import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { environmentOf, shellExports } from '../../src/local/environment';

const access = {
  name: 'local',
  ports: { api: 8700, router: 8701, registry: 8702 },
  credentials: {
    admin: { username: 'admin', password: 'admin-password' },
    deployer: { username: 'deployer', password: 'deployer-password' },
    s3: { accessKeyId: 'key', secretAccessKey: 'secret' },
  },
};

describe('the environment of a foundation', () => {
  it('points the provider and the stack to it as its deployer, not its admin', () =>
    expect(environmentOf(access)).toEqual({
      EGRESS_FOUNDATION: 'local',
      CF_API_URL: 'http://127.0.0.1:8700',
      CF_USER: 'deployer',
      CF_PASSWORD: 'deployer-password',
      EGRESS_ROUTER_URL: 'http://127.0.0.1:8701',
      EGRESS_REGISTRY: 'localhost:8702',
      EGRESS_BUCKET: 'egress-demo',
      EGRESS_REGION: 'us-gov-west-1',
      TF_VAR_s3_access_key_id: 'key',
      TF_VAR_s3_secret_access_key: 'secret',
    }));

  it('reaches a shell unchanged, whatever characters a password has', () => {
    const value = fc.string().filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(value, (text) => {
        const script = `${shellExports({ VALUE: text })}printf %s "$VALUE"`;
        expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(text);
      }),
      { numRuns: 30 },
    );
  });
});
