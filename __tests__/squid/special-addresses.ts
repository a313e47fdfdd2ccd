import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { SQUID } from '../../constructs/proxy-source';

export interface SpecialBlock {
  readonly network: string;
  readonly kind: 'closed' | 'metadata' | 'elsewhere';
  readonly what: string;
  readonly source: string;
  readonly first: string;
  readonly last: string;
}

/** The proxy's own list of addresses that no name can resolve to. */
export const SPECIAL_BLOCKS: readonly SpecialBlock[] = readFileSync(join(SQUID, 'special-addresses'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [network = '', kind = '', what = '', source = ''] = line.split(/ {2,}/);
    return { network, kind: kind as SpecialBlock['kind'], what, source, ...endsOf(network) };
  });

function endsOf(network: string): { readonly first: string; readonly last: string } {
  const [address = '', prefix = ''] = network.split('/');
  const [size, print] = isIPv4(address) ? [32, printIPv4] : [128, printIPv6];
  const rest = 1n << BigInt(size - Number(prefix));
  const first = toNumber(address) - (toNumber(address) % rest);
  return { first: print(first), last: print(first + rest - 1n) };
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function digits(value: bigint, count: number, bits: number): number[] {
  const base = 1n << BigInt(bits);
  return Array.from({ length: count }, (_, index) => Number((value >> BigInt((count - 1 - index) * bits)) % base));
}

function printIPv4(value: bigint): string {
  return digits(value, 4, 8).join('.');
}

function printIPv6(value: bigint): string {
  const groups = digits(value, 8, 16).map((group) => group.toString(16));
  return groups.join(':');
}
