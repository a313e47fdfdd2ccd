/** A range of IPv4 addresses, as numbers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

const OCTET = /^(?:0|[1-9]\d{0,2})$/;

/** Refuses leading zeros, which some programs read as octal. */
export function isAddress(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) <= 255);
}

export function toNumber(address: string): number {
  if (!isAddress(address)) throw new Error(`not an IPv4 address: ${JSON.stringify(address)}; write it as 10.1.2.3`);
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}

/** Parses `10.1.0.0/16`, or a single address. Like routers, ignores host bits. */
export function parseCidr(cidr: string): AddressRange {
  const [address = '', length = '32', ...rest] = cidr.split('/');
  const bits = Number(length);
  if (!/^\d{1,2}$/.test(length) || bits > 32 || rest.length > 0) {
    throw new Error(`not an IPv4 network: ${JSON.stringify(cidr)}; write it as 10.1.0.0/16`);
  }
  const size = 2 ** (32 - bits);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

export function overlaps(one: AddressRange, other: AddressRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** The address at an offset in the network. */
export function addressAt(cidr: string, offset: number): string {
  const { first, last } = parseCidr(cidr);
  const value = first + offset;
  if (!Number.isInteger(offset) || offset < 0 || value > last) {
    throw new Error(`no address ${offset} in ${cidr}: it has ${last - first + 1}`);
  }
  return toAddress(value);
}
