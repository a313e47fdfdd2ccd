import { createCipheriv, createHash } from 'node:crypto';

/** What lies in a bucket from the start. Its content never changes, so that a reader can tell a right copy. */
export interface SampleObject {
  readonly key: string;
  readonly size: number;
  readonly contentType: string;
  readonly content: () => Buffer;
}

const LINES = 32;
const MIB = 1024 * 1024;

/** 32 lines of 32 bytes: a person sees at a glance that nothing is missing. */
function text(): Buffer {
  const line = (index: number): string => `space-egress sample, line ${String(index + 1).padStart(4, '0')} \n`;
  return Buffer.from(Array.from({ length: LINES }, (_, index) => line(index)).join(''));
}

/** A cipher's key stream: looks random, so no layer on the way can compress it, and is the same everywhere. */
function noise(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));
}

export const SAMPLE_OBJECTS: readonly SampleObject[] = [
  { key: 'small.txt', size: 1024, contentType: 'text/plain', content: text },
  { key: 'large.bin', size: 64 * MIB, contentType: 'application/octet-stream', content: () => noise(64 * MIB) },
];

/** SHA-256 by key, in hex. */
export function sampleDigests(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    SAMPLE_OBJECTS.map(({ key, content }) => [key, createHash('sha256').update(content()).digest('hex')]),
  );
}
