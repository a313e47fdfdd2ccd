import { createCipheriv, createHash } from 'node:crypto';

/** An initial object in a bucket. Its content never changes, so a reader can verify a copy. */
export interface SampleObject {
  readonly key: string;
  readonly size: number;
  readonly contentType: string;
  readonly content: () => Buffer;
}

const LINES = 32;
const MIB = 1024 * 1024;

/** 32 lines of 32 bytes, so a person sees at a glance whether anything is missing. */
function text(): Buffer {
  const line = (index: number): string => `space-egress sample, line ${String(index + 1).padStart(4, '0')} \n`;
  return Buffer.from(Array.from({ length: LINES }, (_, index) => line(index)).join(''));
}

/** A cipher's key stream, which can't be compressed and is always the same. */
function noise(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));
}

export const SAMPLE_OBJECTS: readonly SampleObject[] = [
  { key: 'small.txt', size: 1024, contentType: 'text/plain', content: text },
  { key: 'large.bin', size: 64 * MIB, contentType: 'application/octet-stream', content: () => noise(64 * MIB) },
];

/** The objects' SHA-256 in hex, by key. */
export function sampleDigests(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    SAMPLE_OBJECTS.map(({ key, content }) => [key, createHash('sha256').update(content()).digest('hex')]),
  );
}
