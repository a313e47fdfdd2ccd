import { DataCloudfoundryDomain } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-domain';
import { Route as CfRoute } from '@cdktf/provider-cloudfoundry/lib/route';
import { InternalRoute, Route } from '../../constructs';
import { example } from '../support/example';
import { synthStack } from '../support/synth';

test("a public route leads to the application, in the application's space", () => {
  const out = synthStack((stack) => {
    const { client } = example(stack);
    expect(new Route(stack, 'Web', { app: client, host: 'www', domain: 'app.cloud.gov' }).hostName).toBe(
      'www.app.cloud.gov',
    );
  });
  expect(out.resources(CfRoute).find(({ host }) => host === 'www')).toEqual({
    host: 'www',
    domain: expect.stringContaining('data.cloudfoundry_domain') as string,
    space: expect.stringMatching(/^\$\{cloudfoundry_space\.Inside_\w+\.id\}$/) as string,
    destinations: [{ app_id: expect.stringMatching(/^\$\{cloudfoundry_app\.Client_\w+\.id\}$/) as string }],
    depends_on: [
      expect.stringContaining('cloudfoundry_space_role.Inside_Manager') as string,
      expect.stringContaining('cloudfoundry_space_role.Inside_Developer') as string,
    ],
  });
});

test('an internal route refuses a public domain during the plan', () => {
  const out = synthStack((stack) => {
    const { client } = example(stack);
    new InternalRoute(stack, 'Web', { app: client, host: 'web', domain: 'cells.internal' });
  });
  expect(out.text).toContain('cells.internal is a public domain, and web.cells.internal must not be public');
});

test('a stack looks up a domain once, for any number of routes', () => {
  const out = synthStack((stack) => {
    const { client } = example(stack);
    for (const host of ['a', 'b', 'c']) new Route(stack, host, { app: client, host, domain: 'app.cloud.gov' });
  });
  expect(out.data(DataCloudfoundryDomain)).toEqual([{ name: 'app.cloud.gov' }, { name: 'apps.internal' }]);
});

test.each(['www.app', '*', '', '-a'])("fails for the host '%s', which isn't a single label", (host) => {
  expect(() =>
    synthStack((stack) => {
      const { client } = example(stack);
      new Route(stack, 'Web', { app: client, host, domain: 'app.cloud.gov' });
    }),
  ).toThrow(`'${host}' has the label '${host}'`);
});
