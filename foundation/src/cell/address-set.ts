import { overlaps, parseCidr, toAddress, toNumber, type AddressRange } from '../ipv4';

/** A set of IPv4 addresses, as sorted ranges that neither touch nor overlap, so equal sets have equal ranges. */
export class AddressSet {
  private constructor(public readonly ranges: readonly AddressRange[]) {}

  public static of(ranges: Iterable<AddressRange>): AddressSet {
    const merged: AddressRange[] = [];
    for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
      const previous = merged.at(-1);
      if (previous && range.first <= previous.last + 1) {
        merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
      } else {
        merged.push(range);
      }
    }
    return new AddressSet(merged);
  }

  public static ofAddresses(addresses: Iterable<string>): AddressSet {
    return AddressSet.of([...addresses].map((address) => parseCidr(address)));
  }

  /** Parses a security group's destination: an address, CIDR, or `A-B`, or a comma-separated list of these. */
  public static parse(destination: string): AddressSet {
    return AddressSet.of(destination.split(',').map(parseRange));
  }

  public has(address: string): boolean {
    const value = toNumber(address);
    return this.ranges.some((range) => overlaps(range, { first: value, last: value }));
  }

  public union(other: AddressSet): AddressSet {
    return AddressSet.of([...this.ranges, ...other.ranges]);
  }

  /** The ranges in the syntax of nftables. */
  public get texts(): readonly string[] {
    return this.ranges.map(printRange);
  }
}

function parseRange(text: string): AddressRange {
  const [from = '', to, ...rest] = text.split('-');
  if (to === undefined) return parseCidr(from);
  const range = { first: toNumber(from), last: toNumber(to) };
  if (rest.length > 0 || range.first > range.last) {
    throw new Error(
      `not a range of addresses: ${JSON.stringify(text)}; put the lower address first, as in 10.1.0.1-10.1.0.9`,
    );
  }
  return range;
}

function printRange({ first, last }: AddressRange): string {
  return first === last ? toAddress(first) : `${toAddress(first)}-${toAddress(last)}`;
}
