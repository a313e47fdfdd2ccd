import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diagnosticsOf } from '../../tools/diagnostics';
import { redactPlan } from '../../tools/stack';
import { StateFile } from '../../tools/state-file';
import { temporaryFolder } from '../support/temporary-folder';

const DEPLOY = `egress-demo  cloudfoundry_app.Demo: Modifying... [id=e4e77bc2]
egress-demo  ╷
             │ \u001b[31mError: \u001b[0mError pushing app
             │ 
             │   with cloudfoundry_app.Demo (Demo/Default),
             │   on cdk.tf.json line 149, in resource.cloudfoundry_app.Demo (Demo/Default):
             │  149:       },
             │ 
             │ failed to deploy with: timed out after waiting for async process
egress-demo  │ rolled back to last deployment
             │ 
             ╵

0 Stacks deploying     1 Stack done     0 Stacks waiting
Invoking Terraform CLI failed with exit code 1
`;

const SYNTH = `[2026-11-24T14:41:33.725] [ERROR] default - main.ts:31: 'https://www.example.com' has a scheme
ERROR: cdktf encountered an error while synthesizing

Synth command: node --require tsx/cjs main.ts
Error:         non-zero exit code 1

Command output on stderr:

    main.ts:31: 'https://www.example.com' has a scheme
      write the host name only




⠼  Synthesizing
`;

test("an engine's errors keep its own words, except those about generated text", () => {
  expect(diagnosticsOf(DEPLOY)).toBe(
    [
      'Error: Error pushing app',
      'with cloudfoundry_app.Demo (Demo/Default),',
      'failed to deploy with: timed out after waiting for async process',
      'rolled back to last deployment',
    ].join('\n'),
  );
});

test('an error that is interrupted by other output of the engine is shown completely', () => {
  const interrupted = DEPLOY.replace(
    'egress-demo  │ rolled',
    'egress-demo  data.cloudfoundry_domain.Lookup: Read complete after 0s\negress-demo  │ rolled',
  );
  expect(interrupted).not.toBe(DEPLOY);
  expect(diagnosticsOf(interrupted)).toBe(diagnosticsOf(DEPLOY));
});

test("each error is shown once, and a warning isn't an error", () => {
  const warning = DEPLOY.replaceAll('Error: ', 'Warning: ');
  const another = DEPLOY.replaceAll('Demo', 'Other');
  expect(diagnosticsOf(warning + DEPLOY + DEPLOY + another).match(/^Error: /gm)).toHaveLength(2);
  expect(diagnosticsOf(warning + DEPLOY)).not.toContain('Warning');
});

test("the provider's error about a wrong setting comes with a remedy, also if its lines break", () => {
  const error = DEPLOY.replace('timed out after waiting', 'Given name x not in the list\n             │ of orgs');
  expect(diagnosticsOf(error)).toMatch(/\nremedy: set EGRESS_ORG to an existing organization/);
  expect(diagnosticsOf(DEPLOY)).not.toContain('remedy');
  const taken = DEPLOY.replace('timed out after waiting', 'Name must be unique\n             │ per organization.');
  expect(diagnosticsOf(taken)).toMatch(
    /\nremedy: the resource with that name was not created with this state: .*EGRESS_STATE/,
  );
});

test('an error of the program is shown once, as written', () => {
  expect(diagnosticsOf(SYNTH)).toBe("main.ts:31: 'https://www.example.com' has a scheme\n  write the host name only");
});

test('otherwise, the last lines of the output are shown', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  expect(diagnosticsOf(`${lines.join('\n')}\n`)).toBe(lines.slice(-15).join('\n'));
});

const secret = 'wJalrXUtnFEMI';

/** The parts of a plan that contain values, reduced to a service with credentials. */
const plan = {
  format_version: '1.2',
  variables: { key: { value: secret }, name: { value: 'plain' } },
  planned_values: {
    outputs: { url: { sensitive: false, value: 'https://x' }, key: { sensitive: true, value: secret } },
    root_module: {
      resources: [
        { address: 'a.b', values: { name: 'n', credentials: secret }, sensitive_values: { credentials: true } },
      ],
    },
  },
  resource_changes: [
    {
      address: 'a.b',
      change: {
        actions: ['update'],
        before: { name: 'n', list: [{ key: secret, kept: 1 }], credentials: null },
        after: { name: 'n', list: [{ key: secret, kept: 2 }], credentials: secret },
        before_sensitive: { list: [{ key: true }] },
        after_sensitive: { list: [{ key: true }], credentials: true },
      },
    },
  ],
};

describe('a plan as JSON', () => {
  it('loses every marked value, anywhere, and nothing else', () => {
    expect(JSON.parse(redactPlan(JSON.stringify(plan)))).toEqual({
      format_version: '1.2',
      variables: {},
      planned_values: {
        outputs: { url: { sensitive: false, value: 'https://x' }, key: { sensitive: true, value: '(sensitive)' } },
        root_module: {
          resources: [
            {
              address: 'a.b',
              values: { name: 'n', credentials: '(sensitive)' },
              sensitive_values: { credentials: true },
            },
          ],
        },
      },
      resource_changes: [
        {
          address: 'a.b',
          change: {
            actions: ['update'],
            before: { name: 'n', list: [{ key: '(sensitive)', kept: 1 }], credentials: null },
            after: { name: 'n', list: [{ key: '(sensitive)', kept: 2 }], credentials: '(sensitive)' },
            before_sensitive: { list: [{ key: true }] },
            after_sensitive: { list: [{ key: true }], credentials: true },
          },
        },
      ],
    });
  });

  it('stays readable if nothing is marked', () => {
    expect(JSON.parse(redactPlan('{"a":[1,null,"x"]}'))).toEqual({ a: [1, null, 'x'], variables: {} });
  });
});

let folder: string;
let state: StateFile;
beforeEach(() => {
  folder = temporaryFolder();
  state = new StateFile(folder, 'demo');
});

const PRESENT = 'terraform.demo.tfstate';
const [one, other] = [randomUUID(), randomUUID()];

const resource = (type: string, attributes: object) => ({ mode: 'managed', type, instances: [{ attributes }] });
const write = (...resources: object[]): void => {
  writeFileSync(join(folder, PRESENT), JSON.stringify({ version: 4, resources }));
};
const spaceIn = (org: string) => resource('cloudfoundry_space', { id: randomUUID(), org });
const organizationIn = (name: string): unknown => {
  const text = readFileSync(join(folder, name), 'utf8');
  return [one, other].find((guid) => text.includes(guid));
};

test.each([
  ['there is no state', undefined, undefined],
  ['nothing is in it', [], undefined],
  ['only an image is in it', [resource('docker_image', { id: 'sha256:1' })], undefined],
  ['it has a space', [spaceIn(one)], one],
  ['only the organization was read', [resource('cloudfoundry_org', { id: one })], one],
])('when %s, its organization is known or not', (_what, resources, organization) => {
  if (resources !== undefined) write(...resources);
  expect(state.organization).toBe(organization);
  expect(state.holdsResources).toBe((resources ?? []).length > 0);
});

test('the state of the current foundation stays', () => {
  write(spaceIn(one));
  expect(state.select(one)).toBe('its own');
  expect(readdirSync(folder)).toEqual([PRESENT]);
});

test('the state of another or removed foundation is set aside, and restored with that foundation', () => {
  write(spaceIn(one));
  expect(state.select(other)).toBe('another set aside');
  expect(state.holdsResources).toBe(false);
  write(spaceIn(other));
  expect(state.select(one)).toBe('its own brought back');
  expect(organizationIn(PRESENT)).toBe(one);
  expect(state.select(other)).toBe('its own brought back');
  expect(organizationIn(PRESENT)).toBe(other);
  expect(organizationIn(`terraform.demo.${one}.tfstate`)).toBe(one);
});

test('the state is removed with everything next to it, and other stacks keep theirs', () => {
  write(spaceIn(one));
  state.select(other);
  write(spaceIn(other));
  for (const name of [`${PRESENT}.backup`, `.${PRESENT}.lock.info`, 'terraform.demo-2.tfstate', 'main.ts']) {
    writeFileSync(join(folder, name), '');
  }
  state.remove();
  expect(readdirSync(folder).sort()).toEqual(['main.ts', 'terraform.demo-2.tfstate', `terraform.demo.${one}.tfstate`]);
  state.removeAside();
  expect(readdirSync(folder).sort()).toEqual(['main.ts', 'terraform.demo-2.tfstate']);
});

test("fails for a file that isn't a state, with its name and what to do", () => {
  writeFileSync(join(folder, PRESENT), '{"version": 4,');
  expect(() => state.holdsResources).toThrow(/terraform\.demo\.tfstate is not a state: .*; restore it/);
});
