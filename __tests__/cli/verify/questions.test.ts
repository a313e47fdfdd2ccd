import { questionsFor } from '../../../cli/verify/questions';
import { Model } from '../../../review/model/model';
import { application, bound, LOCAL, policy, PUBLIC, route, space } from '../../review/support/facts';

const model = new Model({
  spaces: [space('outside'), space('inside')],
  groups: [PUBLIC, LOCAL],
  bindings: [bound('public', 'outside'), bound('local', 'inside')],
  applications: [
    application('outside/mail', { EGRESS_FORWARD: 'smtp.example.org:587/tcp', EGRESS_FORWARD_PORT: '10587' }),
    application('inside/web'),
    application('inside/other'),
  ],
  policies: [policy('inside/web', 'outside/mail', '10587')],
  routes: [route('mail.apps.internal', 'outside/mail', 'yes')],
});

/** What an application tries about mail, and what is expected. */
const asked = (name: string): string[] => {
  const from = model.applications.get(`org/inside/${name}`);
  if (from === undefined) throw new Error(`no ${name}`);
  return questionsFor(model, from, [])
    .filter(({ host }) => /mail|smtp/.test(host))
    .map(({ way, host, port, expected }) => `${way} ${host}:${port} ${expected(0x08080808)}`);
};

test('a client is asked whether it reaches its forwarder, and whether the destination is closed without it', () => {
  expect(asked('web')).toEqual(['direct mail.apps.internal:10587 yes', 'direct smtp.example.org:587 no']);
});

test('another application must be refused by the forwarder', () => {
  expect(asked('other')).toEqual(['direct mail.apps.internal:10587 no']);
});

test("a forwarder isn't a proxy", () => {
  const web = model.applications.get('org/inside/web');
  expect(questionsFor(model, web ?? application('inside/web'), []).filter(({ way }) => way === 'proxy')).toEqual([]);
});
