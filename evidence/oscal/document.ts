import { createHash } from 'node:crypto';

/** Releases of OSCAL whose schemas the documents are validated against. */
export const OSCAL_VERSIONS = ['1.1.2', '1.2.2'] as const;
export type OscalVersion = (typeof OSCAL_VERSIONS)[number];

/** The namespace of our own properties. */
export const NAMESPACE = 'https://github.com/cloud-gov/space-egress-examples/ns/oscal';
export const CATALOG =
  'https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/SP800-53/rev5/json/NIST_SP-800-53_rev5_catalog.json';

const OWN = Buffer.from('6f1c2a0e4e0b5a6c9d0f3b1a7c5e2d48', 'hex');

/** A version 5 UUID, which is always the same for a name, so that a regenerated document refers to the same things. */
export function uuidOf(...name: readonly string[]): string {
  const hash = createHash('sha1').update(OWN).update(JSON.stringify(name)).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

export interface Property {
  readonly name: string;
  readonly ns: string;
  readonly value: string;
}

const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** A name that somebody chose, where OSCAL expects one line of Markdown. */
export function markup(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>()#+!|~&^"]/g, '\\$&');
}

/** One property per text; OSCAL requires a nonempty line without surrounding space. */
export function properties(name: string, ...values: readonly (string | undefined)[]): readonly Property[] {
  return values
    .map((value = '') => oneLine(value))
    .filter((value) => value !== '')
    .map((value) => ({ name, ns: NAMESPACE, value }));
}

/** @param version of the described system */
export function metadata(title: string, changed: Date, version: string, oscal: OscalVersion): object {
  return { title, 'last-modified': changed.toISOString(), version, 'oscal-version': oscal };
}

/** OSCAL doesn't allow an empty list where a list is optional. */
export function unlessEmpty(name: string, list: readonly object[]): object {
  return list.length === 0 ? {} : { [name]: list };
}
