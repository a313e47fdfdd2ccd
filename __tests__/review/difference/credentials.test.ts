import { plain } from '../../../review/phrase';
import { clauseOf } from '../../../review/report/report';
import { reviewPlans, reviewTrees } from '../../../review/review';
import { changed, proxy, type Values } from '../attacks/attempts';
import { plan } from '../support/plan';

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
  const { environments } = reviewPlans([{ environment: '', file: 'p.json', stack: 'p', json: plan([change]) }]);
  return environments.flatMap(({ opens, closes, unknown }) =>
    [...opens, ...closes, ...unknown].map((row) => plain(clauseOf(row))),
  );
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
      const [old, now] = [before, after].map((text) => [{ name: 's', json: program(text) }]);
      return reviewTrees(old ?? [], now ?? []).widens;
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
    const [before, after] = [program('web'), program('web', 'batch')].map((json) => [{ name: 'p', json }]);
    const { environments } = reviewTrees(before ?? [], after ?? []);
    const rows = environments.flatMap(({ opens, unknown: untold }) => [...opens, ...untold]);
    expect(rows.map((row) => plain(clauseOf(row)))).toContainEqual(
      expect.stringMatching(/^anyone with the password of an unknown client may now use proxy/),
    );
    expect(reviewTrees(before ?? [], before ?? []).widens).toBe(false);
  });
});
