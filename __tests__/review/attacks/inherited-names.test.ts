import { app, changed, fixed, LIST, policy, proxy, reviewed } from './attempts';

const CLIENT = [
  fixed('cloudfoundry_app.web', app('web')),
  fixed('cloudfoundry_network_policy.p', {
    policies: [policy({ source_app: 'id of web', destination_app: 'id of proxy' })],
  }),
];

/** The digest of a variable of a proxy that gets a value, next to one that is known after apply. */
function digestOf(name: string, value: string): string {
  const environment = Object.fromEntries([
    ['EGRESS_ALLOW', LIST],
    [name, value],
  ]);
  const change = changed('cloudfoundry_app.proxy', proxy(LIST), { environment });
  return reviewed([...CLIENT, { ...change, unknown: { environment: { LATER: true } } }]).digest;
}

describe('an approval of a variable next to one that is known after apply', () => {
  it.each(['PLAIN', 'constructor', 'toString', '__proto__'])('is for its value, even if its name is %s', (name) => {
    expect(digestOf(name, 'a')).not.toBe(digestOf(name, 'b'));
  });
});
