import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryApp } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Route } from '@cdktf/provider-cloudfoundry/lib/route';
import type { TerraformStack } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  Port,
  TcpForward,
  type TcpForwardProps,
} from '../../constructs';
import { knownSpace } from '../support/example';
import { synthStack } from '../support/synth';

const MAIL = Destination.host('smtp.example.org', 587);

const forward = (stack: TerraformStack, more: Partial<TcpForwardProps> = {}) =>
  new TcpForward(stack, 'MailForward', {
    space: more.space ?? knownSpace(stack),
    source: AppSource.image('proxy@sha256:1'),
    destination: MAIL,
    ...more,
  });

const web = (stack: TerraformStack, environment: Readonly<Record<string, string>> = {}) =>
  new Application(stack, 'Web', {
    space: EgressSpace.fromLookup(stack, 'Closed', { orgName: 'o', spaceName: 'c', spaceId: 'closed' }),
    source: AppSource.image('web'),
    environment,
  });

test('a forwarder is the proxy’s image with one destination, two small instances and an internal route', () => {
  const out = synthStack((stack) => {
    const made = forward(stack);
    expect([made.hostName, made.port.toString()]).toEqual(['mail-forward.apps.internal', '10587']);
  });
  expect(out.resources(App)).toEqual([
    {
      name: 'mail-forward',
      org_name: 'o',
      space_name: 's',
      docker_image: 'proxy@sha256:1',
      environment: { EGRESS_FORWARD: 'smtp.example.org:587/tcp', EGRESS_FORWARD_PORT: '10587' },
      instances: 2,
      memory: '64M',
      disk_quota: '1G',
      enable_ssh: false,
      health_check_type: 'http',
      health_check_http_endpoint: '/egress-forward/health',
      health_check_interval: 3,
      health_check_invocation_timeout: 5,
      timeout: 50,
      strategy: 'rolling',
      source_code_hash: expect.any(String) as string,
    },
  ]);
  expect(out.resources(Route)).toEqual([
    expect.objectContaining({ host: 'mail-forward', lifecycle: expect.anything() as unknown }),
  ]);
  expect(out.resources(NetworkPolicy)).toEqual([]);
});

test('a pushed folder is refused, even the proxy’s own: only its image contains the forwarder', () => {
  expect(() => synthStack((stack) => forward(stack, { source: EgressProxy.buildpack() }))).toThrow(
    "a pushed folder can't be MailForward, which forwards by the image of the proxy: give AppSource.image(reference)",
  );
});

test("a destination's range is part of the line", () => {
  const out = synthStack((stack) => forward(stack, { destination: MAIL.within('10.20.0.0/24') }));
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      environment: { EGRESS_FORWARD: 'smtp.example.org:587/tcp@10.20.0.0/24', EGRESS_FORWARD_PORT: '10587' },
    }),
  ]);
});

test('a client gets a policy for the one port, and the variables that it requests', () => {
  const out = synthStack((stack) => {
    const client = web(stack, { MODE: 'x' });
    client.useForward(forward(stack), { variables: { host: 'SMTP_HOST', port: 'SMTP_PORT', tlsName: 'SMTP_NAME' } });
  });
  expect(out.resources(App)).toContainEqual(
    expect.objectContaining({
      name: 'web',
      environment: {
        MODE: 'x',
        SMTP_HOST: 'mail-forward.apps.internal',
        SMTP_PORT: '10587',
        SMTP_NAME: 'smtp.example.org',
      },
      depends_on: ['cloudfoundry_route.MailForward_Route_23D8324D'],
    }),
  );
  expect(out.resources(NetworkPolicy)).toEqual([
    { policies: [expect.objectContaining({ protocol: 'tcp', port: '10587' })] },
  ]);
});

test('a client that requests no variable gets only the policy', () => {
  const used = synthStack((stack) => web(stack).useForward(forward(stack)));
  const allowed = synthStack((stack) => forward(stack).allowFrom(web(stack)));
  for (const out of [used, allowed]) {
    expect(out.resources(NetworkPolicy)).toHaveLength(1);
    expect(out.resources(App).find(({ name }) => name === 'web')).not.toHaveProperty('environment');
  }
});

test('a client can use several, each with its own variables', () => {
  const out = synthStack((stack) => {
    const [client, mail] = [web(stack), forward(stack)];
    client.useForward(mail, { variables: { host: 'SMTP_HOST' } });
    const destination = Destination.host('ldap.example.org', 636);
    const other = new TcpForward(stack, 'Ldap', { space: mail.space, source: AppSource.image('proxy'), destination });
    client.useForward(other, { variables: { host: 'LDAP_HOST' } });
  });
  expect(out.resources(NetworkPolicy)).toHaveLength(2);
  expect(out.resources(App)).toContainEqual(
    expect.objectContaining({
      environment: { SMTP_HOST: 'mail-forward.apps.internal', LDAP_HOST: 'ldap.apps.internal' },
    }),
  );
});

test('a variable that the application already has is not overwritten', () => {
  const taken = () =>
    synthStack((stack) =>
      web(stack, { SMTP_HOST: 'x' }).useForward(forward(stack), { variables: { host: 'SMTP_HOST' } }),
    );
  const twice = () =>
    synthStack((stack) => web(stack).useForward(forward(stack), { variables: { host: 'SMTP', port: 'SMTP' } }));
  expect(taken).toThrow('test/Web already has SMTP_HOST, which useForward would set: choose another variable');
  expect(twice).toThrow('test/Web already has SMTP');
});

test('fails for a destination with an end, because nothing would enforce it', () => {
  const destination = Destination.host('smtp.example.org', 587).until('2026-12-31');
  expect(() => synthStack((stack) => forward(stack, { destination }))).toThrow(
    "forwarding has no end date, so leave out until('2026-12-31')",
  );
});

test.each([
  Destination.domain('example.org', 587),
  Destination.host('smtp.example.org', 465, 587),
  Destination.domain('example.org', 587).except('a.example.org'),
])("fails for %s, which isn't a single host and port", (destination) => {
  expect(() => synthStack((stack) => forward(stack, { destination }))).toThrow(
    `MailForward can't lead to ${destination.toString()}: give one host and one port`,
  );
});

test('fails in a space without egress, unless the destination is in a private range', () => {
  const make = (destination: Destination) => () =>
    synthStack((stack) => forward(stack, { space: knownSpace(stack, Egress.TRUSTED_LOCAL), destination }));
  expect(make(MAIL)).toThrow(
    "test/Space can't reach the internet (its egress is trusted_local_networks_egress), so nothing there can reach smtp.example.org",
  );
  expect(make(MAIL.within('10.0.0.0/8'))).not.toThrow();
});

test.each([
  [587, '10587'],
  [5432, '5432'],
  [8080, '18080'],
  [3128, '13128'],
  [2222, '12222'],
  [61443, '51443'],
  [65535, '55535'],
])('in front of port %i it listens on %s', (port, listens) => {
  synthStack((stack) => {
    const destination = Destination.host('db.example.org', port);
    expect(forward(stack, { destination }).port.toString()).toBe(listens);
  });
});

test.each([Port.tcp(587), Port.tcp(8080), Port.tcp(61443), Port.tcpRange(5000, 5001)])(
  'fails for port %s, where it can not listen',
  (port) => {
    expect(() => synthStack((stack) => forward(stack, { port }))).toThrow(
      `${port.toString()} is not a port to forward from: give one from 1024 to 60999, and none of 2222, 3128, 8080`,
    );
  },
);

test('an existing forwarder is looked up by name, and a client connects to its port', () => {
  const out = synthStack((stack) => {
    const at = { space: knownSpace(stack), appName: 'mail', hostName: 'mail.apps.internal', port: Port.tcp(10587) };
    const existing = TcpForward.fromLookup(stack, 'Mail', { ...at, destination: MAIL });
    web(stack).useForward(existing, { variables: { host: 'SMTP_HOST', port: 'SMTP_PORT', tlsName: 'SMTP_NAME' } });
  });
  expect(out.data(DataCloudfoundryApp)).toEqual([{ name: 'mail', space_name: 's', org_name: 'o' }]);
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      environment: { SMTP_HOST: 'mail.apps.internal', SMTP_PORT: '10587', SMTP_NAME: 'smtp.example.org' },
    }),
  ]);
});
