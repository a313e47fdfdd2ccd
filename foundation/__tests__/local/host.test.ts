import { createServer } from 'node:net';
import { once } from 'node:events';
import { parseCidr } from '../../src/ipv4';
import { isPortFree, listeningInodes, parseResolvers, parseRoutes } from '../../src/local/host';

describe('facts of the host', () => {
  it("reads the kernel's networks, without the default route", () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      'tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0',
      'tun0\t0101A8C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0',
      '',
    ].join('\n');
    expect(parseRoutes(table)).toEqual(['172.17.0.0/16', '10.0.0.0/8', '192.168.1.1/32'].map(parseCidr));
  });

  it('reads the resolvers, and ignores comments and IPv6', () => {
    const text =
      '# nameserver 1.1.1.1\nsearch example.org\nnameserver 10.0.0.53\n  nameserver  9.9.9.9\nnameserver fe80::1\n';
    expect(parseResolvers(text)).toEqual(['10.0.0.53', '9.9.9.9'].map(parseCidr));
  });

  it('detects that a port is taken, on loopback and on all addresses, and free again', async () => {
    // Below the kernel's ephemeral ports, so a free one stays free.
    let port = 10_000 + (process.pid % 10_000);
    while (!(await isPortFree(port))) port++;
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const server = createServer().listen(port, host);
      await once(server, 'listening');
      expect(await isPortFree(port)).toBe(false);
      server.close();
      await once(server, 'close');
      expect(await isPortFree(port)).toBe(true);
    }
  });

  it('finds the sockets that listen on a port, not its connections', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:21FC 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0',
      '   1: 0100007F:21FC 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0',
      '   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0',
      '',
    ].join('\n');
    expect(listeningInodes(table, 8700)).toEqual(['4711']);
    expect(listeningInodes(table, 8701)).toEqual([]);
    expect(listeningInodes('', 8700)).toEqual([]);
  });
});
