import { ADDRESS_BITS, networkOf, toAddress, toNumber, toPrefix } from '../../constructs/values/ipv4';
import { Intervals, type Range } from './intervals';

const LAST = 2 ** ADDRESS_BITS - 1;

export const EVERY_ADDRESS = Intervals.of([0, LAST]);

/** Where services of the platform and metadata services answer. @see https://www.rfc-editor.org/rfc/rfc1918 */
export const PRIVATE = addresses('10.0.0.0/8,100.64.0.0/10,169.254.0.0/16,172.16.0.0/12,192.168.0.0/16');

/**
 * What is no site of the public internet: IANA's special-purpose blocks that are not private, and a metadata address. The proxy's list
 * is `squid/special-addresses`, and a test compares the two.
 */
const NOBODY = addresses(
  '0.0.0.0/8,127.0.0.0/8,168.63.129.16,192.0.0.0/24,192.31.196.0/24,192.52.193.0/24,192.175.48.0/24,198.18.0.0/15,' +
    '224.0.0.0-255.255.255.255',
);

/** Every address of the public internet: what the proxy takes a name to, unless its destination names a range. */
export const INTERNET = EVERY_ADDRESS.minus(PRIVATE).minus(NOBODY);

/**
 * Reads what a security group takes as a destination: an address, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, or several of them
 * with commas between.
 *
 * @throws on anything else, IPv6 included
 */
export function addresses(text: string): Intervals {
  return Intervals.of(...text.split(',').map((part) => range(part.trim())));
}

/** As prefixes where a range is one, else as `first-last`. */
export function printAddresses(set: Intervals): string[] {
  return set.ranges.map(([first, last]) => {
    if (first === last) return toAddress(first);
    const size = last - first + 1;
    const prefix = ADDRESS_BITS - Math.log2(size);
    return Number.isInteger(prefix) && first % size === 0
      ? `${toAddress(first)}/${prefix}`
      : `${toAddress(first)}-${toAddress(last)}`;
  });
}

function range(text: string): Range {
  const [, start = '', separator, end = ''] = /^([0-9.]+)(?:([/-])([0-9.]+))?$/.exec(text) ?? [];
  const first = toNumber(start);
  if (separator === undefined && first !== undefined) return [first, first];
  const prefix = separator === '/' ? toPrefix(end) : undefined;
  if (first !== undefined && prefix !== undefined) {
    const network = networkOf(first, prefix);
    return [network, network + 2 ** (ADDRESS_BITS - prefix) - 1];
  }
  const last = separator === '-' ? toNumber(end) : undefined;
  if (first !== undefined && last !== undefined && first <= last) return [first, last];
  throw new Error(
    `'${text}' is not an IPv4 destination: write an address, a prefix as 10.0.0.0/8, or a range as 10.0.0.1-10.0.0.9`,
  );
}
