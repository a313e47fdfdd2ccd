/** The modules for plain Terraform, deployed: a proxy and two clients that it distinguishes, tested with packets. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { readConfig } from '../../config';
import { REPOSITORY } from '../../tools/platform';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo, runningContainers } from './support/demo';

jest.setTimeout(10 * 60_000);

const run = promisify(execFile);
const MODULES = join(REPOSITORY, 'modules');

/** The answer to a request from an application to the proxy in PROXY; the image has Perl, but no curl. */
const ASK = `
  use IO::Socket::INET; use MIME::Base64;
  my ($user, $at) = $ENV{PROXY} =~ m{^http://([^@]+)@(.+)$};
  my $proxy = IO::Socket::INET->new(PeerAddr => $at, Timeout => 5) or print("refused\\n"), exit;
  my $credentials = $ARGV[1] ? '' : 'Proxy-Authorization: Basic ' . encode_base64($user, '') . "\\r\\n";
  my ($host) = $ARGV[0] =~ m{//([^/]+)};
  print $proxy "GET $ARGV[0] HTTP/1.1\\r\\nHost: $host\\r\\nConnection: close\\r\\n$credentials\\r\\n";
  print ((split / /, scalar <$proxy>)[1], "\\n");
`;

let demo: Demo;
const folder = mkdtempSync(join(tmpdir(), 'module-'));

const engine = async (...args: readonly string[]): Promise<void> => {
  await run(demo.env.TERRAFORM_BINARY_NAME ?? 'terraform', [...args, '-input=false', '-no-color'], {
    cwd: folder,
    env: demo.env,
    maxBuffer: 2 ** 24,
  });
};
const asks = (app: string, url: string, ...more: readonly string[]): Promise<string> =>
  demo.inside(app, ['perl', '-e', ASK, url, ...more]);

beforeAll(async () => {
  demo = await Demo.open();
  await demo.deploy();
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { org, publicSpace } = readConfig(demo.env);
  const proxy = await cloud.appGuid(org, publicSpace, 'egress-proxy');
  const image = String((await cloud.get(`/v3/apps/${proxy}/droplets/current`)).image);
  cpSync(join(__dirname, '..', 'modules', 'stack'), folder, { recursive: true });
  const file = join(folder, 'main.tf');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('../../../modules', MODULES));
  const values = { proxy_image: image, clients: { web: image, batch: image } };
  writeFileSync(join(folder, 'terraform.tfvars.json'), JSON.stringify(values));
  await engine('init');
  await engine('apply', '-auto-approve');
  await waitFor(async () => {
    const apps = ['web', 'batch', 'proxy'].map((name) => runningContainers('role=app', `app=${name}`));
    return (await Promise.all(apps)).every(({ length }) => length === 1);
  }, 'proxy and clients to run');
  // The proxy's name resolves when it is healthy, and a policy takes effect when the cell has it.
  await waitFor(async () => {
    const answers = await Promise.all(['web', 'batch'].map((name) => asks(name, 'http://not-listed.example.org/')));
    return answers.every((answer) => answer === '403');
  }, 'the proxy to answer both clients');
});

afterAll(async () => {
  await engine('destroy', '-auto-approve');
  rmSync(folder, { recursive: true });
});

test("each client reaches what its own list allows, and nothing on the other's", async () => {
  expect({
    web: await asks('web', 'http://www.example.org/'),
    'web, of the other': await asks('web', 'http://www.example.net/'),
    'web, on a port that is not listed': await asks('web', 'http://www.example.org:8080/'),
    batch: await asks('batch', 'http://www.example.net/'),
    'batch, an exception': await asks('batch', 'http://raw.example.net/'),
    'batch, of the other': await asks('batch', 'http://www.example.org/'),
    'without a password': await asks('web', 'http://www.example.org/', 'anonymously'),
  }).toEqual({
    web: '200',
    'web, of the other': '403',
    'web, on a port that is not listed': '403',
    batch: '200',
    'batch, an exception': '403',
    'batch, of the other': '403',
    'without a password': '407',
  });
});
