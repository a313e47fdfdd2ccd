import { ADDRESS_BITS, networkOf, toAddress, toNumber, toPrefix } from '../../constructs/values/address-range';
import { Intervals, type Range } from './intervals';
import { Unreadable } from './unreadable';

const LAST = 2 ** ADDRESS_BITS - 1;

export const EVERY_ADDRESS = Intervals.of([0, LAST]);

/**
 * Private networks, where the platform's services and metadata services are. @see
 * https://www.rfc-editor.org/rfc/rfc1918
 */
export const PRIVATE = addresses('10.0.0.0/8,100.64.0.0/10,169.254.0.0/16,172.16.0.0/12,192.168.0.0/16');

/**
 * Addresses that are neither private nor on the public internet: IANA's other special-purpose blocks and a metadata
 * address. The proxy's own list is `squid/special-addresses`; a test compares the two.
 */
const NOBODY = addresses(
  '0.0.0.0/8,127.0.0.0/8,168.63.129.16,192.0.0.0/24,192.31.196.0/24,192.52.193.0/24,192.175.48.0/24,198.18.0.0/15,' +
    '224.0.0.0-255.255.255.255',
);

/** All addresses of the public internet, which the proxy connects to unless a destination names a range. */
export const INTERNET = EVERY_ADDRESS.minus(PRIVATE).minus(NOBODY);

/**
 * Parses the destination of a security group's rule: an address, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, or several of them,
 * separated by commas.
 *
 * @throws on anything else, including IPv6
 */
export function addresses(text: string): Intervals {
  return Intervals.of(...text.split(',').map((part) => range(part.trim())));
}

/** Prints a range as a prefix if possible, else as `first-last`. */
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
  throw new Unreadable(
    `'${text}' is not an IPv4 destination: write an address, a prefix (10.0.0.0/8), or a range (10.0.0.1-10.0.0.9)`,
  );
}
