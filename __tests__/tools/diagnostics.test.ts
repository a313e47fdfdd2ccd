import { diagnosticsOf } from '../../tools/diagnostics';

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
