import { auditText } from '../../../review/audit';
import { explainCommand } from '../../../review/commands';
import { temporaryFolder } from '../../support/temporary-folder';
import { runCommand } from '../support/command';

const EVIL = 'x\n::error::y\u001b[31m\u202e##[error]z';

function expectPlain(printed: string): void {
  expect(printed).not.toMatch(/[^\P{C}\n]/u);
  expect(printed).not.toMatch(/^\s*::/m);
  expect(printed).not.toContain('##[');
}

test('a group’s name in an audit controls neither the terminal nor the workflow’s runner', () => {
  const printed = auditText({ extra: [], missing: [], unknown: [], global: [EVIL], spaces: [EVIL] });
  expectPlain(printed);
  expect(printed.trim().split('\n')).toHaveLength(2);
});

test('neither does a space’s name in an explanation', async () => {
  const app = (name: string, space: string) => ({ name, org_name: 'o', space_name: space, docker_image: 'x' });
  const json = { resource: { cloudfoundry_app: { a: app('a', EVIL), b: app('b', EVIL) } } };
  const folder = temporaryFolder({ 'stacks/s/cdk.tf.json': JSON.stringify(json) });
  const { out, error } = await runCommand(explainCommand(), ['a', 'api.example.gov:443', '--tree', folder]);
  expect(out).toContain('error');
  expectPlain(out + error);
});
