import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode } from 'dns-packet';
import { SECURITY_GROUPS } from '../../src/cloud/seed';
import { addressAt } from '../../src/ipv4';
import { EVERYTHING, eventually, Playground, PROCESS } from './support/playground';

const DISK = 16;
const MEMORY = 64;

let ground: Playground;
/** Root in its container, in a space whose security groups open everything they can. */
let hostile: { guid: string; address: string };
let victim: { guid: string; address: string; leg: string };
/** Stands in for the external resolver: records queries, and answers none. */
const resolver = createSocket('udp4');
const asked: string[] = [];

const shell = (script: string): Promise<string> => ground.inside(hostile.guid, 'sh', '-c', script);
/** Runs Debian's Perl, which has all system calls; its last output is the result. */
const perl = (script: string): Promise<string> =>
  ground.inside(hostile.guid, 'perl', '-MSocket', '-e', `sub stop { print "no: $!"; exit } ${script}; print "done"`);
const dial = async (host: string, port: number, ...more: string[]): Promise<string> =>
  (await ground.dial(hostile.guid, host, port, ...more)).result;

beforeAll(async () => {
  resolver.on('message', (query) => asked.push(decode(query).questions?.[0]?.name ?? ''));
  resolver.bind(0, '127.0.0.1');
  await once(resolver, 'listening');
  ground = await Playground.open(0, { upstream: { host: '127.0.0.1', port: resolver.address().port } });
  const one = await ground.run({ appGuid: 'hostile', disk: DISK, memory: MEMORY });
  const other = await ground.run({ appGuid: 'victim' });
  const holder = await (await ground.container('holder', other.spec.instanceGuid)).inspect();
  const leg = holder.NetworkSettings.Networks[ground.settings.internet.network]?.IPAddress ?? '';
  hostile = { guid: one.spec.instanceGuid, address: one.address };
  victim = { guid: other.spec.instanceGuid, address: other.address, leg };
  await ground.bind(EVERYTHING);
}, 180_000);

afterAll(async () => {
  resolver.close();
  await ground.close();
});

/** The number of the first interface, in Perl. */
const INTERFACE = 'do { open my $file, "/sys/class/net/eth0/ifindex"; 0 + <$file> }';

interface Attempt {
  readonly to: string;
  readonly by: () => Promise<string>;
  readonly ends: string | RegExp;
}

const REFUSED = 'ECONNREFUSED';
const NOT_PERMITTED = /not permitted/;

const ATTEMPTS: readonly Attempt[] = [
  { to: 'connect to another instance', by: () => dial(victim.address, 8080), ends: REFUSED },
  { to: "connect to another instance's internet address", by: () => dial(victim.leg, 8080), ends: REFUSED },
  {
    to: "connect to the foundation's API, or to any of its ports but 53",
    by: async () => dial(ground.address, await ground.listen(ground.address)),
    ends: REFUSED,
  },
  {
    to: "connect to the host's services through the internet network's gateway",
    by: async () => dial(ground.internetGateway, await ground.listen('0.0.0.0')),
    ends: REFUSED,
  },
  {
    to: "connect to a service on the host's loopback",
    by: async () => dial('127.0.0.1', await ground.listen('127.0.0.1')),
    ends: REFUSED,
  },
  {
    to: "connect to the host's loopback by routing a loopback address out",
    by: async () => {
      const port = await ground.listen('127.0.0.1');
      return shell(`ip route add 127.0.0.2 via ${ground.address} 2>&1; dial 127.0.0.2 ${port}`);
    },
    ends: /not permitted[\s\S]*ECONNREFUSED/,
  },
  {
    to: "find the engine's socket",
    by: () => shell('find / -xdev -name "docker*.sock" -o -name "containerd*.sock"'),
    ends: '',
  },
  {
    to: "find the engine's socket by an abstract name",
    by: () => shell('grep -E "docker|containerd" /proc/net/unix || echo none'),
    ends: 'none\n',
  },
  {
    to: 'use IPv6',
    by: () =>
      perl(`socket(S, AF_INET6, SOCK_STREAM, 0) or stop;
      connect(S, pack_sockaddr_in6(8080, Socket::inet_pton(AF_INET6, "fe80::1"), ${INTERFACE})) or stop`),
    ends: /^no: /,
  },
  {
    to: 'reach the whole link with an IPv6 multicast',
    by: () =>
      perl(`socket(S, AF_INET6, SOCK_DGRAM, 0) or stop;
      send(S, "x", 0, pack_sockaddr_in6(8080, Socket::inet_pton(AF_INET6, "ff02::1"), ${INTERFACE})) or stop`),
    ends: /^no: /,
  },
  { to: 'open a raw socket', by: () => perl('socket(S, AF_INET, SOCK_RAW, 1) or stop'), ends: NOT_PERMITTED },
  {
    to: 'open a packet socket, to spoof ARP',
    by: () => perl('socket(S, 17, SOCK_RAW, 0x0806) or stop'),
    ends: NOT_PERMITTED,
  },
  {
    to: 'change an entry of the ARP table',
    by: () => shell(`ip neighbour replace ${victim.address} lladdr 02:00:00:00:00:01 dev eth0 2>&1`),
    ends: NOT_PERMITTED,
  },
  { to: 'read its own rules', by: () => shell('nft list ruleset 2>&1'), ends: NOT_PERMITTED },
  { to: 'flush its own rules', by: () => shell('nft flush ruleset 2>&1'), ends: NOT_PERMITTED },
  {
    to: 'add a rule in a table of its own',
    by: () => shell("nft 'add table inet mine' 2>&1"),
    ends: NOT_PERMITTED,
  },
  { to: 'add a route', by: () => shell(`ip route add 192.0.2.99 via ${ground.address} 2>&1`), ends: NOT_PERMITTED },
  { to: 'add an address', by: () => shell(`ip address add ${victim.address}/32 dev lo 2>&1`), ends: NOT_PERMITTED },
  { to: 'add a device', by: () => shell('ip link add mine type dummy 2>&1'), ends: NOT_PERMITTED },
  { to: 'take its device down and up', by: () => shell('ip link set eth0 down 2>&1'), ends: NOT_PERMITTED },
  {
    to: "turn on the kernel's forwarding",
    by: () => shell('echo 1 2>&1 > /proc/sys/net/ipv4/ip_forward'),
    ends: /Read-only/,
  },
  {
    to: "send from another instance's address",
    by: () => dial(ground.site, 80, 'tcp', victim.address),
    ends: /assign requested address/,
  },
  {
    to: "bind another instance's address as a nonlocal one, and send",
    by: () =>
      perl(`socket(S, AF_INET, SOCK_DGRAM, 0) or stop; setsockopt(S, 0, 15, 1) or stop;
      bind(S, pack_sockaddr_in(0, inet_aton("${victim.address}"))) or stop;
      send(S, "x", 0, pack_sockaddr_in(80, inet_aton("${ground.site}"))) or stop`),
    ends: /^no: /,
  },
  {
    to: 'make its socket transparent, as a proxy does',
    by: () => perl('socket(S, AF_INET, SOCK_STREAM, 0) or stop; setsockopt(S, 0, 19, 1) or stop'),
    ends: NOT_PERMITTED,
  },
  {
    to: 'mark its packets',
    by: () => perl('socket(S, AF_INET, SOCK_STREAM, 0) or stop; setsockopt(S, SOL_SOCKET, 36, 1) or stop'),
    ends: NOT_PERMITTED,
  },
  {
    to: 'source-route packets through a permitted address to another instance',
    by: () =>
      perl(`socket(S, AF_INET, SOCK_DGRAM, 0) or stop;
      setsockopt(S, 0, 4, pack("CCCa4C", 131, 7, 4, inet_aton("${victim.address}"), 0)) or stop;
      send(S, "x", 0, pack_sockaddr_in(80, inet_aton("${ground.site}"))) or stop`),
    ends: NOT_PERMITTED,
  },
  ...['255.255.255.255', '224.0.0.1', addressAt('198.18.64.0/25', 127), addressAt('198.18.64.0/25', 0)].map(
    (address): Attempt => ({
      to: `reach all others at once at ${address}`,
      by: () =>
        perl(`socket(S, AF_INET, SOCK_DGRAM, 0) or stop; setsockopt(S, SOL_SOCKET, SO_BROADCAST, 1) or stop;
        send(S, "x", 0, pack_sockaddr_in(8080, inet_aton("${address}"))) or stop`),
      ends: NOT_PERMITTED,
    }),
  ),
  {
    to: 'become root in a new namespace',
    by: () => shell('unshare --user --net true 2>&1'),
    ends: NOT_PERMITTED,
  },
  {
    to: 'enter the namespace of another process',
    by: () => shell('nsenter --target 1 --net --mount true 2>&1'),
    ends: NOT_PERMITTED,
  },
  { to: 'mount', by: () => shell('mount -t tmpfs none /mnt 2>&1'), ends: /denied|not permitted/ },
  {
    to: "read the machine's disk by a device file",
    by: () => shell('mknod /tmp/disk b 254 0; head -c 1 /tmp/disk 2>&1'),
    ends: NOT_PERMITTED,
  },
  { to: 'trace processes outside', by: () => shell('ls /proc | grep -c "^[0-9]"'), ends: /^\d\n$/ },
  {
    to: 'load a module into the kernel',
    by: () => perl('syscall(175, my $image = "", 0, my $parameters = "") == 0 or stop'),
    ends: NOT_PERMITTED,
  },
  { to: 'set the clock', by: () => shell('date -s 2000-01-01 2>&1'), ends: NOT_PERMITTED },
  {
    to: 'write a file larger than its disk',
    by: () => shell(`head -c ${(DISK + 1) * 1024 * 1024} /dev/zero 2>&1 >/big; stat -c %s /big; rm /big`),
    ends: new RegExp(`${DISK * 1024 * 1024}\n$`),
  },
  { to: 'raise its own limits', by: () => shell('ulimit -f unlimited 2>&1'), ends: NOT_PERMITTED },
];

test.each(ATTEMPTS)("root in an application in an open space can't $to", async ({ by, ends }) => {
  const answer = await by();
  if (typeof ends === 'string') expect(answer).toBe(ends);
  else expect(answer).toMatch(ends);
});

test("the same application can do what is permitted, so the refusals don't come from a broken instance", async () => {
  expect(await ground.inside(hostile.guid, 'id', '-u')).toBe('0\n');
  expect(await dial(ground.site, 80)).toBe('open');
  expect(await dial(ground.address, 53)).toBe('open');
});

test('the security group for public addresses does not open the metadata address and private ones', async () => {
  const group = SECURITY_GROUPS.find(({ name }) => name === 'public_networks_egress');
  await ground.bind(...(group?.rules ?? []));
  expect(await dial(ground.site, 80)).toBe('open');
  for (const address of ['169.254.169.254', ground.privateSite, '172.17.0.1', '192.168.0.1']) {
    expect([address, await dial(address, 80)]).toEqual([address, REFUSED]);
  }
  await ground.bind(EVERYTHING);
});

const SECRET = 'a-secret.example.test';

test('data can leave a closed space in DNS queries, as on the platform', async () => {
  await ground.apply({ spaces: {} });
  await shell(`getent ahostsv4 ${SECRET} >/dev/null 2>&1 & echo $! >/tmp/asking`);
  await eventually(() => asked.find((name) => name === SECRET), 'the query at the external resolver');
  // Without an answer, it would retry.
  await shell('kill $(cat /tmp/asking)');
  await ground.bind(EVERYTHING);
});

test('only DNS queries leave through port 53', async () => {
  const others = (): string[] => asked.filter((name) => name !== SECRET);
  const before = others();
  const garbage = 'print $s "not a question at all" x 4; sysread $s, my $answer, 512; print unpack("H*", $answer)';
  const answer = await ground.inside(
    hostile.guid,
    ...['perl', '-MIO::Socket::INET', '-e'],
    `my $s = IO::Socket::INET->new(PeerAddr => "${ground.address}:53", Proto => "udp"); ${garbage}`,
  );
  // A header with the code for a malformed query.
  expect(answer).toMatch(/^[0-9a-f]{24}$/);
  expect(others()).toEqual(before);
});

test('an application that forks endlessly stops at its limit, and affects no other', async () => {
  const bomb = `perl -e '$| = 1; while (defined(my $pid = fork)) { $pid ? $n++ : sleep 60 } print "$n: $!\\n"; sleep 60'`;
  const { spec } = await ground.run({ appGuid: 'bomb', command: bomb, healthCheck: PROCESS, memory: 1024 });
  const said = await ground.logged('bomb', /temporarily unavailable/);
  expect(parseInt(said)).toBeLessThan(1024);
  expect(await dial(ground.site, 80)).toBe('open');
  await ground.cell.stop(spec.instanceGuid);
  expect(await ground.containers(`space-egress.instance=${spec.instanceGuid}`)).toEqual([]);
});

test('an application that exhausts memory, also with files, ends at its limit, and affects no other', async () => {
  for (const command of [
    `exec perl -e 'my $x = "x" x 2e9; sleep 60'`,
    'mkdir -p /dev/shm && head -c 200M /dev/zero > /dev/shm/big; echo filled $?; exec sleep 60',
  ]) {
    const spec = ground.spec({ appGuid: 'eater', command, healthCheck: PROCESS, memory: 32, disk: 512 });
    await ground.cell.start(spec);
    const hasCrashed = (): boolean =>
      ground.reports.some(({ instanceGuid, state }) => instanceGuid === spec.instanceGuid && state === 'CRASHED');
    const isFull = (): boolean => ground.cell.logs('eater').some(({ message }) => /^filled [1-9]/.test(message));
    await eventually(() => hasCrashed() || isFull() || undefined, 'it to reach its limit');
    await ground.cell.stop(spec.instanceGuid);
  }
  expect(await dial(ground.site, 80)).toBe('open');
});
