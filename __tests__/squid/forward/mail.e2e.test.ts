import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { REPOSITORY } from '../../../tools/platform';
import { blocksOf } from '../../support/pages';
import { buildFrom, docker, LABEL, logs, removeAll, until } from '../docker';
import { type Laboratory, type Proxy, startLaboratory } from '../laboratory';

const SECONDS = 1000;
jest.setTimeout(90 * SECONDS);

/** The code on the page, by language and order. */
const code = (language: string, index = 0): string =>
  blocksOf('docs/tcp-forward.md').filter((block) => block.language === language)[index]?.text ?? '';

/** A Django application; its settings and backend are on the page. */
const SEND = `import django.conf, settings
django.conf.settings.configure(**{name: getattr(settings, name) for name in dir(settings) if name.isupper()})
from django.core.mail import send_mail
send_mail("Hello", "From Django", "web@example.gov", ["you@example.org"])
`;

const MAILERS = {
  'Node.js': ['/opt/internet/node', '/opt/mail/mailer.mjs'],
  Django: ['python3', '/opt/mail/send.py'],
} as const;
type Mailer = keyof typeof MAILERS;

/** The time limit for an attempt that nothing answers, because there is no route. */
const LOST_SECONDS = 5;

interface Mail {
  readonly secure: boolean;
  readonly user: string;
  readonly to: readonly string[];
  readonly text: string;
}

let laboratory: Laboratory;
let image: string;
let service: string;
let certificate: string;
let forward: Proxy;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ 'smtp.example.org': [site] }));
  image = await buildMachine();
  const { container } = laboratory.internet;
  service = await docker(
    ...[
      'run',
      '--detach',
      '--label',
      LABEL,
      '--network',
      `container:${container}`,
      '--entrypoint',
      '/opt/internet/node',
    ],
    ...[image, '/opt/mail/server.js'],
  );
  certificate = await until('the mail service', async () => {
    const [line] = (await logs(service)).stdout.split('\n').filter((each) => each.includes('"certificate"'));
    return line === undefined ? undefined : (JSON.parse(line) as { certificate: string }).certificate;
  });
  forward = await laboratory.startForward('smtp.example.org:587/tcp');
}, 600 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** One image with the mail service and both mailers. */
async function buildMachine(): Promise<string> {
  const tag = `${laboratory.internet.image}-mail`;
  const dockerfile = [
    `FROM ${laboratory.internet.image}`,
    'RUN apt-get update && apt-get install --yes --no-install-recommends python3-django && rm -rf /var/lib/apt/lists/*',
    'COPY mail /opt/mail',
  ];
  await buildFrom(tag, dockerfile, async (context) => {
    const folder = join(context, 'mail');
    await mkdir(folder);
    const common = { bundle: true, platform: 'node', logLevel: 'error' } as const;
    await build({ ...common, entryPoints: [join(__dirname, 'mail-server.ts')], outfile: join(folder, 'server.js') });
    await build({
      ...common,
      stdin: { contents: code('js'), resolveDir: REPOSITORY },
      outfile: join(folder, 'mailer.mjs'),
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    await writeFile(join(folder, 'mail.py'), code('python', 0));
    await writeFile(join(folder, 'settings.py'), code('python', 1));
    await writeFile(join(folder, 'send.py'), SEND);
  });
  return tag;
}

/** Runs a mailer that can reach only the forwarder, and returns its exit status and output. */
async function send(mailer: Mailer, environment: Readonly<Record<string, string>> = {}, seconds = 30) {
  const variables = {
    SMTP_HOST: forward.host,
    SMTP_PORT: String(forward.port),
    SMTP_TLS_NAME: 'smtp.example.org',
    SMTP_USER: 'web',
    SMTP_PASSWORD: 'secret',
    CERTIFICATE: certificate,
    NODE_EXTRA_CA_CERTS: '/tmp/authority.pem',
    SSL_CERT_FILE: '/tmp/authority.pem',
    ...environment,
  };
  const [program, file] = MAILERS[mailer];
  const container = await docker(
    ...['create', '--label', LABEL, '--network', laboratory.private.network, '--entrypoint', 'sh'],
    ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...[image, '-c', `printf '%s\\n' "$CERTIFICATE" >/tmp/authority.pem; exec timeout ${seconds} ${program} ${file}`],
  );
  await docker('start', container);
  const status = Number(await docker('wait', container));
  return { status, said: (await logs(container)).stderr };
}

const mails = async (): Promise<Mail[]> =>
  (await logs(service)).stdout
    .split('\n')
    .filter((line) => line.includes('"mail"'))
    .map((line) => (JSON.parse(line) as { mail: Mail }).mail);

describe.each(Object.keys(MAILERS) as Mailer[])('the page’s mailer in %s', (mailer) => {
  test('sends over TLS to the mail service, through the forwarder only', async () => {
    expect(await send(mailer)).toEqual({ status: 0, said: '' });
    expect(await mails()).toContainEqual({
      secure: true,
      user: 'web',
      to: ['you@example.org'],
      text: expect.stringContaining(`From ${mailer}`) as string,
    });
    const direct = await send(mailer, { SMTP_HOST: laboratory.site, SMTP_PORT: '587' }, LOST_SECONDS);
    expect(direct.status).not.toBe(0);
  });

  test('sends nothing to a server whose certificate is for another name', async () => {
    const before = (await mails()).length;
    const { status, said } = await send(mailer, { SMTP_TLS_NAME: 'smtp.example.net' });
    expect(status).not.toBe(0);
    expect(said).toMatch(/altnames|Hostname mismatch/);
    expect(await mails()).toHaveLength(before);
  });
});
