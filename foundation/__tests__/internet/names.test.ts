import { overlaps, parseCidr } from '../../src/ipv4';
import { offSubnetRoutes, resolveName, siteAddresses, standInRules } from '../../src/internet/names';

const internet = { network: 'internet', cidr: '198.51.100.0/25', gateway: '198.51.100.1' };

describe('the names of the simulated internet', () => {
  it.each([
    ['www.example.com', '198.51.100.10'],
    ['www.example.org', '198.51.100.11'],
    ['www.example.net', '198.51.100.12'],
    ['private.example.org', '10.99.0.10'],
    ['metadata.example.org', '169.254.169.254'],
    ['loopback.example.org', '127.0.0.1'],
    ['s3.us-gov-west-1.amazonaws.com', '198.51.100.20'],
    ['egress-demo.s3.us-gov-west-1.amazonaws.com', '198.51.100.20'],
    ['s3-us-gov-west-1.amazonaws.com', '198.51.100.20'],
    ['other.bucket.s3.us-gov-west-1.amazonaws.com', '198.51.100.20'],
    ['egress-demo.bucket.vpce-0e9re55.s3.us-gov-west-1.vpce.amazonaws.com', '10.98.0.20'],
    ['s3-fips.us-gov-west-1.amazonaws.com', '10.97.0.20'],
    ['cg-1.s3-fips.us-gov-west-1.amazonaws.com', '10.97.0.20'],
  ])('%s resolves to %s', (name, address) => expect(resolveName(name, internet)).toBe(address));

  it('ignores case and a trailing dot', () => expect(resolveName('WWW.Example.COM.', internet)).toBe('198.51.100.10'));

  it.each([
    'example.com',
    'a.www.example.com',
    '.s3.us-gov-west-1.amazonaws.com',
    'xs3.us-gov-west-1.amazonaws.com',
    'egress-demo.s3-us-gov-west-1.amazonaws.com',
    '',
  ])('does not resolve %j', (name) => expect(resolveName(name, internet)).toBeUndefined());

  it('moves with the network', () => {
    const other = { network: 'internet', cidr: '203.0.113.128/25', gateway: '203.0.113.129' };
    expect(resolveName('www.example.com', other)).toBe('203.0.113.138');
  });

  it('has a route for each site address outside of the network, and for no other', () => {
    const network = parseCidr(internet.cidr);
    const outside = siteAddresses(internet).filter((address) => !overlaps(parseCidr(address), network));
    expect(outside).toEqual(['10.99.0.10', '169.254.169.254', '10.98.0.20', '10.97.0.20']);
    expect(offSubnetRoutes(internet)).toEqual(
      outside.map((address, index) => ({
        destination: `${address}/32`,
        via: '198.51.100.2',
        standIn: `198.51.100.${24 + index}`,
      })),
    );
  });

  it('translates each stand-in back in the internet container', () =>
    expect(standInRules(internet)).toBe(`table ip standin
delete table ip standin
table ip standin {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ip daddr 198.51.100.24 dnat to 10.99.0.10
    ip daddr 198.51.100.25 dnat to 169.254.169.254
    ip daddr 198.51.100.26 dnat to 10.98.0.20
    ip daddr 198.51.100.27 dnat to 10.97.0.20
  }
}
`));
});
