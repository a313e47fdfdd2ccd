import { changed, proxy, type Values, stoppedBetween, reviewedBetween } from '../attacks/attempts';
import { application, CLIENT, policy, recipe } from '../support/facts';
import { plan, sentences, planFile } from '../support/plan';
import { difference } from '../../../review/difference/difference';
import type { Facts } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { Names } from '../../../review/model/names';
import { reviewPlans } from '../../../review/review';

afterEach(() => jest.restoreAllMocks());

/** Two proxies with a list each, and clients that can use both. */
function shared(clients: number): Facts {
  const names = Array.from({ length: clients }, (_, index) => `client-${index}`);
  const proxies = ['one', 'two'];
  return recipe('', {
    applications: [
      ...proxies.map((name) => application(`outside/${name}`, { EGRESS_ALLOW: `${name}.example.gov:443` })),
      ...names.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: names.flatMap((name) => proxies.map((proxy) => policy(`inside/${name}`, `outside/${proxy}`))),
  });
}

test('what a proxy opens or closes is computed once for all clients that can reach the same', () => {
  const worked = (clients: number): number[] => {
    const spies = (['parts', 'covers', 'union', 'minus'] as const).map((name) => jest.spyOn(Names.prototype, name));
    const [all, none] = [new Model(shared(clients)), new Model({ ...shared(clients), policies: [] })];
    const both = [difference(none, all), difference(all, none)];
    const told = both.map((changes) => changes.filter(({ way }) => way === 'proxy').map(({ who }) => who.length));
    expect(told).toEqual([
      [clients, clients],
      [clients, clients],
    ]);
    const calls = spies.map((spy) => spy.mock.calls.length);
    jest.restoreAllMocks();
    return calls;
  };
  const few = worked(2);
  expect(few[0]).toBeGreaterThan(0);
  expect(worked(40)).toEqual(few);
});

const HASH = `$2a$05$${'a'.repeat(53)}`;
const OTHER = `$2a$05$${'b'.repeat(53)}`;
const WEB = `web.1 ${HASH}`;
const asks = (...credentials: readonly string[]): Values => ({
  EGRESS_ALLOW: 'www.example.com:443',
  EGRESS_CREDENTIALS: credentials.join('\n'),
});

/** The review of a plan that changes a proxy's environment. */
function said(before: Values, after: Values, marks: { readonly unknown?: object; readonly sensitive?: object } = {}) {
  const change = {
    ...changed('cloudfoundry_app.proxy', proxy('', { environment: before }), { environment: after }),
    ...marks,
  };
  return sentences(reviewPlans([planFile(plan([change]))]));
}

describe('whose passwords a proxy takes', () => {
  it('is reported when a client is added or removed', () => {
    const [one, two] = [asks(WEB), asks(WEB, `batch.1 ${OTHER}`)];
    expect(said(one, two)).toEqual(['anyone with the password of batch can now use proxy']);
    expect(said(two, one)).toEqual(['anyone with the password of batch can no longer use proxy']);
    expect(said(asks('# nobody'), one)).toEqual(['anyone with the password of web can now use proxy']);
  });

  it('continues in further variables', () => {
    const further = { ...asks(WEB), EGRESS_CREDENTIALS_1: `batch.1 ${OTHER}` };
    expect(said(asks(WEB), further)).toEqual(['anyone with the password of batch can now use proxy']);
  });

  it('is the same if a client has another password, or two', () => {
    expect(said(asks(WEB), asks(WEB, `web.2 ${OTHER}`))).toEqual([]);
    expect(said(asks(WEB), asks(`web.2 ${OTHER}`))).toEqual([]);
  });

  it('opens nothing if everyone could use the proxy before', () => {
    expect(said({ ...asks(), EGRESS_CREDENTIALS: '' }, asks(WEB))).toEqual([]);
  });

  it('lets a proxy start again after an invalid line, which opens its whole list', () => {
    for (const wrong of ['broken', 'web.1 broken', `-web.1 ${HASH}`]) {
      expect([wrong, said(asks(WEB, wrong), asks(WEB)).join()]).toEqual([
        wrong,
        expect.stringContaining('no longer so'),
      ]);
    }
  });

  it('may be nobody’s anymore, if it was unknown whether there were any', () => {
    const rows = (before: string, after: string) => {
      const program = (credentials: string): object => ({
        resource: {
          cloudfoundry_app: { proxy: proxy('', { environment: { ...asks(), EGRESS_CREDENTIALS: credentials } }) },
        },
      });
      return stoppedBetween(program(before), program(after));
    };
    expect(rows('${join("", [uuid()])}', '')).toBe(true);
    expect(rows('${join("", [uuid()])}', '${join("", [timestamp()])}')).toBe(true);
    expect(rows('', '${join("", [uuid()])}')).toBe(false);
  });

  const unknown = (why: string): string =>
    `anyone with the password of an unknown client may now use proxy (the list of credentials ${why})`;

  it("is unknown if it is hidden, or has a line with which the proxy doesn't start", () => {
    const sensitive = { environment: { EGRESS_CREDENTIALS: true } };
    expect(said(asks(WEB), asks(WEB, `batch.1 ${OTHER}`), { sensitive })).toEqual([
      unknown("can't be read: EGRESS_CREDENTIALS (it is marked sensitive)"),
    ]);
    const [wrong = ''] = said(asks(WEB), asks(WEB, `batch ${OTHER}`));
    expect(wrong).toMatch(/has a line that can't be read \(.*\)/);
    expect(wrong).not.toContain(OTHER);
  });

  it('is unknown if the hash of another client is known only after apply', () => {
    const hash = (name: string): string => `${name}.1 \${terraform_data.${name}.output.hash}`;
    const program = (...clients: readonly string[]): object => {
      const terraform_data = Object.fromEntries(clients.map((name) => [name, { input: { hash: `of ${name}` } }]));
      const lifecycle = { ignore_changes: ['input'] };
      return {
        resource: {
          cloudfoundry_app: { proxy: proxy('', { environment: asks(...clients.map(hash)) }) },
          terraform_data: Object.fromEntries(
            Object.entries(terraform_data).map(([name, body]) => [name, { ...body, lifecycle }]),
          ),
        },
      };
    };
    expect(sentences(reviewedBetween(program('web'), program('web', 'batch')))).toContainEqual(
      expect.stringMatching(/^anyone with the password of an unknown client may now use proxy/),
    );
    expect(stoppedBetween(program('web'), program('web'))).toBe(false);
  });
});
