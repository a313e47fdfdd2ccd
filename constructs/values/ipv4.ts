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
