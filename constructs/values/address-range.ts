export const ADDRESS_BITS = 32;

/** The number of an address written as `10.98.0.1`, without leading zeros; undefined for anything else. */
export function toNumber(address: string): number | undefined {
  const octets = address.split('.');
  return octets.length === 4 && octets.every((octet) => /^(?:0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) < 256)
    ? octets.reduce((sum, octet) => sum * 256 + Number(octet), 0)
    : undefined;
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** The length of a prefix, as in `/24`; undefined for anything else. */
export function toPrefix(text: string): number | undefined {
  return /^(?:[0-9]|[12][0-9]|3[0-2])$/.test(text) ? Number(text) : undefined;
}

/** The first address of the network that contains an address. */
export function networkOf(address: number, prefix: number): number {
  return address - (address % 2 ** (ADDRESS_BITS - prefix));
}

/**
 * A range of private IPv4 addresses that a destination names because its host resolves to an address in it.
 *
 * Only ranges that a network's owner assigns are accepted. Loopback and link-local addresses, where a platform's
 * metadata service answers, are always refused, and a public range doesn't need to be named.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1918
 */
export class AddressRange {
  private static readonly PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].map((text) =>
    AddressRange.read(text),
  );

  /** Parses `10.98.0.0/24`. Throws if the text is anything else or the range isn't private. */
  static parse(text: string): AddressRange {
    const range = AddressRange.read(text);
    if (!AddressRange.PRIVATE.some((allowed) => allowed.contains(range))) {
      throw new Error(
        `'${text}' is not within the private ranges ${AddressRange.PRIVATE.join(', ')}: a name that resolves to public ` +
          'addresses needs no range, and loopback and link-local addresses are never reached through the proxy',
      );
    }
    return range;
  }

  private static read(text: string): AddressRange {
    const [start = '', length = '', ...more] = text.split('/');
    const [address, prefix] = [toNumber(start), toPrefix(length)];
    if (address === undefined || prefix === undefined || more.length > 0) {
      throw new Error(`'${text}' is not an address range: write IPv4 and a prefix length, as in 10.98.0.0/24`);
    }
    const range = new AddressRange(networkOf(address, prefix), prefix);
    if (range.first !== address) {
      throw new Error(`'${text}' has address bits behind its prefix: write ${range.toString()}, or a longer prefix`);
    }
    return range;
  }

  private constructor(
    /** The first address as a number. */
    readonly first: number,
    /** The length of the prefix in bits, 0 to 32. */
    readonly prefix: number,
  ) {}

  /** Whether every address of the other range is in this one. */
  contains(other: AddressRange): boolean {
    return this.prefix <= other.prefix && networkOf(other.first, this.prefix) === this.first;
  }

  toString(): string {
    return `${toAddress(this.first)}/${this.prefix}`;
  }
}

/** Drops the ranges that another one contains; sorts the rest by address. */
export function withoutContained(ranges: readonly AddressRange[]): AddressRange[] {
  const kept: AddressRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first || a.prefix - b.prefix)) {
    if (!kept.at(-1)?.contains(range)) kept.push(range);
  }
  return kept;
}
