import type { PolicyRule, SecurityGroupRule } from '../../src/cell/cell';
import { toAddress, toNumber } from '../../src/ipv4';
import { received, result } from '../ssh/this-machine';
import { EVERYTHING, eventually, Playground, PROCESS } from './support/playground';

const SERVER = { appGuid: 'server', env: {}, ports: [8080], droplet: undefined };

const ENOUGH = '/tmp/enough';
/**
 * Dials HOST PORT at least 100 times and until FILE exists, and prints the number of each result. Closed connections
 * leave no port in use.
 */
const DIALS = `use IO::Socket::INET; use Socket; use Errno;
my ($host, $port, $file) = @ARGV;
my %results;
my $dials = 0;
until (-e $file && $dials++ >= 100) {
  my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port);
  $results{$socket ? 'open' : $!{ECONNREFUSED} ? 'ECONNREFUSED' : "$!"}++;
  setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0 if $socket;
}
print join ', ', map { "$_ $results{$_}" } sort keys %results;`;

let ground: Playground;
/** Two instances of other applications; the server also listens on a port that it does not expose. */
let client: { guid: string; address: string };
let server: { guid: string; address: string; leg: string };

function policy(port: number, over: Partial<PolicyRule> = {}): PolicyRule {
  const ends = { sourceAppGuid: 'client', destinationAppGuid: SERVER.appGuid };
  return { ...ends, protocol: 'tcp', startPort: port, endPort: port, ...over };
}

beforeAll(async () => {
  ground = await Playground.open(0);
  const one = await ground.run({ appGuid: 'client' });
  const other = await ground.run({ appGuid: SERVER.appGuid, command: 'exec serve 8080 9090' });
  const holder = await (await ground.container('holder', other.spec.instanceGuid)).inspect();
  client = { guid: one.spec.instanceGuid, address: one.address };
  server = {
    guid: other.spec.instanceGuid,
    address: other.address,
    leg: holder.NetworkSettings.Networks[ground.settings.internet.network]?.IPAddress ?? '',
  };
}, 180_000);

afterAll(() => ground.close());

beforeEach(() => ground.apply({ spaces: {}, policies: [] }));

/** Refused at once, by the answer to the first packet. */
async function expectRefused(host: string, port: number, ...more: string[]): Promise<void> {
  const { result, repeated } = await ground.dial(client.guid, host, port, ...more);
  expect([host, port, result, repeated]).toEqual([host, port, 'ECONNREFUSED', 0]);
}

async function expectOpen(host: string, port: number): Promise<void> {
  const { result } = await ground.dial(client.guid, host, port);
  expect([host, port, result]).toEqual([host, port, 'open']);
}

describe('security groups', () => {
  test('a space without a group reaches nothing outside, and is refused at once', async () => {
    await expectRefused(ground.site, 80);
    await expectRefused(ground.site, 443, 'udp');
    await expectRefused(ground.privateSite, 80);
  });

  test('a group opens its ports of its destinations and no others, while the application runs', async () => {
    await ground.bind({ protocol: 'tcp', destination: ground.site, ports: '80,443' });
    await expectOpen(ground.site, 80);
    await expectOpen(ground.site, 443);
    await expectRefused(ground.site, 8443);
    await expectRefused(ground.privateSite, 80);

    await ground.apply({ spaces: {} });
    await expectRefused(ground.site, 80);
  });

  test('an instance that got its groups when it started keeps them, whatever is bound and unbound', async () => {
    const egress = [{ protocol: 'tcp', destination: ground.site, ports: '80' }] as const;
    const { spec } = await ground.run({ appGuid: 'kept', egress });
    const dial = async (port: number): Promise<string> =>
      (await ground.dial(spec.instanceGuid, ground.site, port)).result;
    await ground.bind({ protocol: 'tcp', destination: ground.site, ports: '443' });
    expect([await dial(80), await dial(443)]).toEqual(['open', 'ECONNREFUSED']);
    await ground.cell.stop(spec.instanceGuid);
  });

  test('groups add up', async () => {
    await ground.bind(
      { protocol: 'tcp', destination: `${ground.site}-${ground.site}`, ports: '80' },
      { protocol: 'tcp', destination: '10.99.0.0/24', ports: '8000-8500' },
      { protocol: 'all', destination: '10.99.0.9-10.99.0.11' },
    );
    await expectOpen(ground.site, 80);
    await expectOpen(ground.privateSite, 443);
    await expectRefused(ground.site, 443);
  });

  test('a group of another space or for staging opens nothing', async () => {
    await ground.apply({
      spaces: { space: { running: [], staging: [EVERYTHING] }, other: { running: [EVERYTHING], staging: [] } },
    });
    await expectRefused(ground.site, 80);
  });
});

describe('what no group opens', () => {
  beforeEach(() => ground.bind(EVERYTHING));

  test('the overlay: other instances, its gateway, the foundation', async () => {
    await expectRefused(server.address, 8080);
    await expectRefused(ground.address, await ground.listen(ground.address));
  });

  test("the internet network's gateway and other instances' internet addresses", async () => {
    await expectRefused(ground.internetGateway, await ground.listen(ground.internetGateway));
    await expectRefused(server.leg, 8080);
    await ground.allow(policy(8080));
    await expectRefused(server.leg, 8080);
  });

  test("Docker's own resolver, which would name other containers", async () => {
    await expectRefused('127.0.0.11', 53);
    await expectRefused('127.0.0.11', 53, 'udp');
  });

  test('the stand-in for an address, dialed directly', async () => {
    await expectRefused(ground.standIn, 80);
  });

  test('a packet with another source address', async () => {
    const holder = await ground.container('holder', client.guid);
    const another = '10.255.64.250';
    expect(await ground.execute(holder, ['ip', 'address', 'add', `${another}/32`, 'dev', 'lo'])).toBe('');
    expect(await ground.execute(holder, ['dial', ground.site, '80', 'tcp', another])).toMatch(/^ECONNREFUSED/);
    expect(await ground.execute(holder, ['dial', ground.site, '80', 'tcp'])).toMatch(/^open/);
  });

  test('nothing else is refused', async () => {
    await expectOpen(ground.site, 8443);
    await expectOpen(ground.privateSite, 80);
  });
});

describe('what needs no group', () => {
  test("an instance's own loopback and addresses", async () => {
    await expectOpen('127.0.0.1', 8080);
    await expectOpen(client.address, 8080);
  });

  test('the resolver: names resolve in closed spaces, too', async () => {
    expect(await ground.inside(client.guid, 'getent', 'ahostsv4', 'www.example.com')).toContain(ground.site);
    await expectOpen(ground.address, 53);
  });
});

describe('policies', () => {
  test('open one way, to one port, while both applications run, and close again', async () => {
    await ground.allow(policy(8080));
    await expectOpen(server.address, 8080);
    await expectRefused(server.address, 9090);
    expect((await ground.dial(server.guid, client.address, 8080)).result).toBe('ECONNREFUSED');

    await ground.allow();
    await expectRefused(server.address, 8080);
  });

  test('open a range of ports, whether the image exposes them or not', async () => {
    await ground.allow(policy(9000, { endPort: 9100 }));
    await expectOpen(server.address, 9090);
    await expectRefused(server.address, 8080);
  });

  test("for UDP don't open TCP", async () => {
    await ground.allow(policy(8080, { protocol: 'udp' }));
    await expectRefused(server.address, 8080);
  });

  test('reach instances that start later, and admit nobody else at an address that was released', async () => {
    await ground.allow(policy(8080));
    const later = await ground.run({ appGuid: SERVER.appGuid, index: 1 });
    await expectOpen(later.address, 8080);
    await ground.cell.stop(later.spec.instanceGuid);
    expect(await ground.rules(client.guid)).not.toContain(later.address);

    const stranger = await ground.run({ appGuid: 'stranger' });
    expect(stranger.address).not.toBe(later.address);
    await expectRefused(stranger.address, 8080);
    expect((await ground.dial(stranger.spec.instanceGuid, server.address, 8080)).result).toBe('ECONNREFUSED');
    await ground.cell.stop(stranger.spec.instanceGuid);
  });

  test('are needed between instances of one application, too', async () => {
    const twin = await ground.run({ appGuid: 'client', index: 1 });
    await expectRefused(twin.address, 8080);
    await ground.allow(policy(8080, { destinationAppGuid: 'client' }));
    await expectOpen(twin.address, 8080);
    await ground.cell.stop(twin.spec.instanceGuid);
  });
});

describe('a tunnel into an instance', () => {
  const ask = async (host: string, port: number): Promise<string> => {
    const tunnel = await ground.cell.connect(client.guid, host, port);
    tunnel.input.write('GET / HTTP/1.0\r\n\r\n');
    return received(tunnel);
  };
  const refused = 'Connection refused';

  test('reaches what the security groups open, and nothing else', async () => {
    await expect(ask(ground.site, 80)).rejects.toThrow(refused);
    await ground.bind({ protocol: 'tcp', destination: ground.site, ports: '80' });
    expect(await ask(ground.site, 80)).toContain('200 OK');
    expect(await ask('www.example.com', 80)).toContain('200 OK');
    await expect(ask(ground.site, 443)).rejects.toThrow(refused);
    await expect(ask(ground.privateSite, 80)).rejects.toThrow(refused);
  });

  test('reaches other instances by a policy, its own application, and nothing that no group can open', async () => {
    await ground.bind(EVERYTHING);
    await expect(ask(server.address, 8080)).rejects.toThrow(refused);
    await expect(ask(ground.address, await ground.listen(ground.address))).rejects.toThrow(refused);
    await ground.allow(policy(8080));
    expect(await ask(server.address, 8080)).toContain(`client ${client.address}`);
    expect(await ask('localhost', 8080)).toContain('client 127.0.0.1');
  });

  test('refuses an address with the syntax of a command, and a name that does not exist', async () => {
    await expect(ask('www.example.com:80,fork', 80)).rejects.toThrow('not a host name or an IPv4 address');
    await expect(ask('nowhere.apps.internal', 80)).rejects.toThrow(/nowhere\.apps\.internal/);
  });

  test('ends with either side, and leaves no process behind', async () => {
    const tunnel = await ground.cell.connect(client.guid, 'localhost', 8080);
    tunnel.close();
    const holder = await ground.container('holder', client.guid);
    await eventually(async () => {
      const { Processes: processes } = (await holder.top()) as { Processes: string[][] };
      return processes.flat().every((column) => !column.includes('socat')) || undefined;
    }, 'the tunnel to be gone');
  });
});

describe('a shell in an instance', () => {
  const run = (command?: string, more: object = {}) =>
    ground.cell.execute(client.guid, { ...(command !== undefined && { command }), env: {}, ...more });

  test("has the application's environment, network, and privileges, and reports its exit status", async () => {
    const command = 'echo "$CF_INSTANCE_INDEX $EXTRA $(cat)"; echo trouble >&2; exit 7';
    const { text, status } = await result(await run(command, { env: { EXTRA: 'more' } }), 'typed');
    expect([text.split('\n').sort(), status]).toEqual([['', '0 more typed', 'trouble'], 7]);
    expect((await result(await run(`dial ${ground.site} 80`))).text).toMatch(/^ECONNREFUSED/);
    expect((await result(await run('nft list ruleset'))).text).toContain('Operation not permitted');
  });

  test('does not lose the first output of a command, whichever stream it is on', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      expect(await result(await run('echo trouble >&2; exit 1'))).toEqual({ text: 'trouble\n', status: 1 });
    }
  });

  test('reads typed input if there is no command', async () => {
    expect(await result(await run(), 'echo $((6 * 7))\nexit 3\n')).toEqual({ text: '42\n', status: 3 });
  });

  test('has a terminal of the requested size from the start, and of each later one', async () => {
    const remote = await run('stty size; read line; stty size', { terminal: { columns: 132, rows: 41 } });
    let text = '';
    for await (const { data } of remote.output) {
      text += data.toString('utf8');
      if (text !== '41 132\r\n') continue;
      await remote.resize({ columns: 80, rows: 24 });
      remote.input.write('x\n');
    }
    expect([text, await remote.status()]).toEqual(['41 132\r\nx\r\n24 80\r\n', 0]);
  });

  test('passes signals to everything that it has started', async () => {
    const remote = await run('sleep 300 & sleep 301; true');
    await remote.signal('TERM');
    expect(await result(remote)).toEqual({ text: '', status: 128 + 15 });
    expect(await ground.inside(client.guid, 'sh', '-c', `cat /proc/[0-9]*/cmdline | tr '\\0' ' '`)).not.toContain(
      'sleep 300',
    );
  });

  test('does not start in an instance that has ended', async () => {
    await expect(ground.cell.execute('nobody', { env: {} })).rejects.toThrow('instance nobody does not run');
  });
});

describe('input', () => {
  async function fromFoundation(host: string, port: number): Promise<boolean> {
    const response = await fetch(`http://${host}:${port}/`).catch((error: unknown) => {
      expect(((error as Error).cause as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
      return undefined;
    });
    return response !== undefined;
  }

  test("is open to the router, only on the application's ports", async () => {
    expect(await fromFoundation(server.address, 8080)).toBe(true);
    expect(await fromFoundation(server.address, 9090)).toBe(false);
  });

  test('is closed on the internet address, also for senders without rules', async () => {
    expect((await ground.dialFromSite(server.leg, 8080)).result).toBe('ECONNREFUSED');
  });
});

describe('the rules themselves', () => {
  test("can't be read or changed by an application that is root", async () => {
    expect(await ground.inside(client.guid, 'id', '-u')).toBe('0\n');
    for (const command of [
      ['nft', 'list', 'ruleset'],
      ['nft', 'flush', 'ruleset'],
      ['nft', 'delete', 'table', 'inet', 'cell'],
    ]) {
      expect(await ground.inside(client.guid, ...command)).toContain('Operation not permitted');
    }
    expect(await ground.inside(client.guid, 'ip', 'route', 'add', '192.0.2.99', 'via', ground.address)).toContain(
      'Operation not permitted',
    );
    expect(
      await ground.inside(client.guid, 'perl', '-e', 'use Socket; socket(S, AF_INET, SOCK_RAW, 1) or print "no: $!"'),
    ).toBe('no: Operation not permitted');
    await expectRefused(ground.site, 80);
  });

  test('are in force before the application starts: even its first packet is refused or admitted', async () => {
    const command = `dial ${ground.site} 80; exec sleep 60`;
    const early = ground.spec({ appGuid: 'early', command, healthCheck: PROCESS });
    await ground.cell.start(early);
    await ground.logged('early', /^ECONNREFUSED/);
    await ground.cell.stop(early.instanceGuid);

    await ground.bind(EVERYTHING);
    const open = ground.spec({ appGuid: 'open', command, healthCheck: PROCESS });
    await ground.cell.start(open);
    await ground.logged('open', /^open/);
    await ground.cell.stop(open.instanceGuid);
  });

  test('are not replaced in namespaces that a change does not affect', async () => {
    const handles = async (guid: string): Promise<string> =>
      ground.execute(await ground.container('holder', guid), ['nft', '-a', 'list', 'table', 'inet', 'cell']);
    const before = await handles(client.guid);
    await ground.allow(policy(8080, { sourceAppGuid: 'another' }));
    expect(await handles(client.guid)).toBe(before);
    expect(ground.cell.appliedRevision).toBe(ground.network.revision);
  });

  // There are no sets of ranges, since these would match nothing for a moment.
  describe('are replaced', () => {
    const dialedMeanwhile = async (host: string, port: number, ...rules: SecurityGroupRule[]): Promise<string> => {
      await ground.bind(...rules);
      const over = new AbortController();
      const dialed = ground
        .inside(client.guid, 'perl', '-e', DIALS, host, String(port), ENOUGH)
        .finally(() => over.abort());
      for (let change = 0; !over.signal.aborted; change += 1) {
        const destination = toAddress(toNumber('11.0.0.0') + change);
        await ground.bind(...rules, { protocol: 'tcp', destination, ports: '80' });
        if (change === 200) await ground.inside(client.guid, 'touch', ENOUGH);
      }
      return dialed.finally(() => ground.inside(client.guid, 'rm', ENOUGH));
    };

    test('without refusing what is open, even for a moment', async () => {
      const ranges = { ...EVERYTHING, destination: `${ground.site},10.99.0.0/24` };
      expect(await dialedMeanwhile(ground.site, 80, ranges)).toMatch(/^open \d{3,}$/);
    });

    test('without opening what is refused, even for a moment', async () => {
      const port = await ground.listen(ground.address);
      expect(await dialedMeanwhile(ground.address, port, EVERYTHING)).toMatch(/^ECONNREFUSED \d{3,}$/);
    });
  });

  test("that can't be parsed change nothing", async () => {
    await expect(ground.bind({ protocol: 'tcp', destination: '10.0.0.9-10.0.0.1', ports: '80' })).rejects.toThrow(
      'not a range of addresses: "10.0.0.9-10.0.0.1"',
    );
    await expectRefused(ground.site, 80);
  });
});
