import type { PolicyRule, RouteRule } from '../../src/cell/cell';
import { eventually, Playground } from './support/playground';

/** Certificates are renewed after 7/8 of it; who asks one that is new has all of that time. */
const LIFETIME = 8000;
const SERVER = { appGuid: 'server', command: 'exec serve 8080 9090' };
const TLS = 61443;

let ground: Playground;
let client: string;
let server: { guid: string; address: string };

function policy(port: number, destinationAppGuid = 'server'): PolicyRule {
  return { sourceAppGuid: 'client', destinationAppGuid, protocol: 'tcp', startPort: port, endPort: port };
}

function route(hostname: string, appGuid = 'server'): RouteRule {
  return { hostname, path: '', internal: true, destinations: [{ appGuid, processType: 'web', port: 8080 }] };
}

beforeAll(async () => {
  ground = await Playground.open(0, { certificateLifetime: LIFETIME });
  await ground.apply({ routes: [route('server.apps.internal')] });
  client = (await ground.run({ appGuid: 'client', ports: [9090], command: 'exec serve 9090' })).spec.instanceGuid;
  const { spec, address } = await ground.run(SERVER);
  server = { guid: spec.instanceGuid, address };
  await ground.inside(client, 'sh', '-c', 'cat /etc/cf-system-certificates/* > /tmp/trusted.pem');
}, 180_000);

afterAll(async () => {
  await ground.close();
});

beforeEach(() => ground.apply({ policies: [policy(TLS)], routes: [route('server.apps.internal')] }));

/** A strict client's answer to one request, or its error. */
async function ask(name: string): Promise<string> {
  return shell(
    `printf 'GET / HTTP/1.1\\r\\n\\r\\n' | timeout 20 openssl s_client -quiet -verify_quiet -connect ${server.address}:${TLS} ` +
      `-servername ${name} -verify_hostname ${name} -verify_return_error -x509_strict -CAfile /tmp/trusted.pem 2>&1`,
  );
}

/** The fields of the certificate. */
async function certificate(...fields: string[]): Promise<string> {
  return shell(
    `timeout 20 openssl s_client -connect ${server.address}:${TLS} </dev/null 2>/dev/null | ` +
      `openssl x509 -noout ${fields.map((field) => `-${field}`).join(' ')} 2>&1`,
  );
}

function shell(script: string): Promise<string> {
  return ground.inside(client, 'sh', '-c', script);
}

function becomes(read: () => Promise<string>, pattern: RegExp): Promise<string> {
  return eventually(async () => {
    const seen = await read();
    return pattern.test(seen) ? seen : undefined;
  }, String(pattern));
}

/** Something else than it was, and not an error instead. */
function changes(read: () => Promise<string>, before: string, pattern: RegExp): Promise<string> {
  return eventually(async () => {
    const seen = await read();
    return pattern.test(seen) && seen !== before ? seen : undefined;
  }, `something else than ${before}`);
}

describe('TLS between applications', () => {
  test('a strict client connects to port 8080 by the name of an internal route, and by no other', async () => {
    await ground.apply({ routes: [route('server.apps.internal'), route('new.apps.internal')] });
    expect(await ask('server.apps.internal')).toContain('instance 0');
    expect(await ask('other.apps.internal')).toContain('ostname mismatch');
  });

  test('a policy for 61443 opens only that port, and one for 8080 does not open it', async () => {
    const dialed = async (): Promise<string[]> =>
      Promise.all([TLS, 8080, 9090].map(async (port) => (await ground.dial(client, server.address, port)).result));
    expect(await dialed()).toEqual(['open', 'ECONNREFUSED', 'ECONNREFUSED']);
    await ground.allow(policy(8080));
    expect(await dialed()).toEqual(['ECONNREFUSED', 'open', 'ECONNREFUSED']);
  });

  test('an application without port 8080 has no TLS in front of its other ports', async () => {
    await ground.allow({ ...policy(TLS, 'client'), sourceAppGuid: 'server' });
    const { address } = await eventually(
      () => ground.reports.find((report) => report.instanceGuid === client && report.address !== undefined),
      'the address of the client',
    );
    expect((await ground.dial(server.guid, address ?? '', TLS)).result).toBe('ECONNREFUSED');
  });

  test('a new internal route is in the certificate once the network is applied, while the application runs', async () => {
    expect(await certificate('ext subjectAltName')).not.toContain('second.apps.internal');
    await ground.apply({ routes: [route('server.apps.internal'), route('second.apps.internal')] });
    expect(await ask('second.apps.internal')).toContain('instance 0');
    await ground.apply({ routes: [route('second.apps.internal')] });
    expect(await ask('server.apps.internal')).toContain('ostname mismatch');
  });

  test('a connection stays open when its certificate is replaced', async () => {
    const before = await certificate('serial');
    await shell('rm -f /tmp/go /tmp/shaken');
    const held = shell(
      "(printf 'GET / HTTP/1.1\\r\\n'; until [ -e /tmp/go ]; do sleep 0.05; done; printf '\\r\\n'; sleep 1) | " +
        `timeout 50 openssl s_client -quiet -connect ${server.address}:${TLS} 2>/tmp/shaken`,
    );
    await becomes(() => shell('cat /tmp/shaken'), /depth=0/);
    await changes(() => certificate('serial'), before, /^serial=/);
    await shell('touch /tmp/go');
    expect(await held).toContain('instance 0');
  });

  test('the TLS server restarts when it is killed, with the latest certificate', async () => {
    await ground.apply({ routes: [route('third.apps.internal')] });
    const holder = await ground.container('holder', server.guid);
    const pid = await ground.execute(holder, ['pidof', 'haproxy']);
    expect(await ground.execute(holder, ['sh', '-c', `kill -9 ${pid}`], 'nobody')).toBe('');
    await changes(() => ground.execute(holder, ['pidof', 'haproxy']), pid, /^\d+$/m);
    await becomes(() => ask('third.apps.internal'), /instance 0/);
  });

  test('the TLS server runs without privileges', async () => {
    const holder = await ground.container('holder', server.guid);
    const status = await ground.execute(holder, ['sh', '-c', 'cat /proc/$(pidof haproxy)/status']);
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapPrm:\t0+$/m);
  });

  test('a restarted foundation continues with the certificates of running instances', async () => {
    const spec = ground.spec({ ...SERVER, instanceGuid: server.guid });
    await ground.cell.close();
    ground.cell = await ground.openCell();
    const clientSpec = ground.spec({
      instanceGuid: client,
      appGuid: 'client',
      ports: [9090],
      command: 'exec serve 9090',
    });
    const reports = await ground.cell.recover([spec, clientSpec], ground.network);
    expect(reports).toHaveLength(2);
    await ground.apply({ routes: [route('fourth.apps.internal')] });
    expect(await ask('fourth.apps.internal')).toContain('instance 0');
  });
});

describe('the identity of an instance', () => {
  test('is its own certificate, which names instance, application, space, and organization', async () => {
    const read = (script: string): Promise<string> => ground.inside(server.guid, 'sh', '-c', script);
    const text = await read('openssl x509 -in $CF_INSTANCE_CERT -noout -subject -ext subjectAltName,extendedKeyUsage');
    expect(text).toContain(
      `subject=OU = organization:organization, OU = space:space, OU = app:server, CN = ${server.guid}\n`,
    );
    expect(text).toContain(`DNS:${server.guid}, IP Address:${server.address}\n`);
    expect(text).toContain('TLS Web Server Authentication, TLS Web Client Authentication\n');
    // The files have just been replaced, the key last, and stay for a while.
    const key = (): Promise<string> => read('openssl pkey -in $CF_INSTANCE_KEY -pubout');
    await changes(key, await key(), /^-----BEGIN PUBLIC KEY-----\n/);
    const publicKeys = 'openssl x509 -in $CF_INSTANCE_CERT -noout -pubkey; openssl pkey -in $CF_INSTANCE_KEY -pubout';
    const [one, other] = (await read(publicKeys)).split(/(?<=-----END PUBLIC KEY-----\n)/);
    expect(one).toBe(other);
  });

  test('is renewed', async () => {
    const serial = (): Promise<string> =>
      ground.inside(server.guid, 'sh', '-c', 'openssl x509 -in $CF_INSTANCE_CERT -noout -serial');
    const before = await serial();
    await changes(serial, before, /^serial=/);
  });
});

test("an application can't use the port itself", async () => {
  await expect(ground.cell.start(ground.spec({ ports: [8080, TLS] }))).rejects.toThrow(
    'port 61443 is reserved for container networking',
  );
});
