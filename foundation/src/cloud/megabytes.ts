import { ownProperty } from '../own-property';

const KIB = 1024;

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  K: KIB,
  KB: KIB,
  M: KIB ** 2,
  MB: KIB ** 2,
  G: KIB ** 3,
  GB: KIB ** 3,
  T: KIB ** 4,
  TB: KIB ** 4,
};

/** Parses sizes such as `16K` and `0.5gb` to bytes, rounded down; `undefined` for other text. */
export const parseBytes = (text: string): number | undefined => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = ownProperty(UNITS, unit.toUpperCase());
  return factor === undefined ? undefined : Math.floor(Number(amount) * factor);
};

/** Prints a size in its largest unit without loss, like the platform's manifests. */
export const printBytes = (bytes: number): string => {
  const [unit = 'B', factor = 1] =
    Object.entries(UNITS)
      .filter(([name, size]) => name.length === 1 && bytes > 0 && bytes % size === 0)
      .at(-1) ?? [];
  return bytes === 0 ? '0' : `${bytes / factor}${unit}`;
};

/** Like {@link parseBytes}, in MiB, rounded down. */
export const parseMegabytes = (text: string): number | undefined => {
  const bytes = parseBytes(text);
  return bytes === undefined ? undefined : Math.floor(bytes / KIB ** 2);
};
