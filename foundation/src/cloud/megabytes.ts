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

/** `16K`, `0.5gb`: whole bytes, rounded down; `undefined` for what is no size. */
export const parseBytes = (text: string): number | undefined => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = ownProperty(UNITS, unit.toUpperCase());
  return factor === undefined ? undefined : Math.floor(Number(amount) * factor);
};

/** The shortest way to write it that loses nothing, as the platform's manifests do. */
export const printBytes = (bytes: number): string => {
  const [unit = 'B', factor = 1] =
    Object.entries(UNITS)
      .filter(([name, size]) => name.length === 1 && bytes > 0 && bytes % size === 0)
      .at(-1) ?? [];
  return bytes === 0 ? '0' : `${bytes / factor}${unit}`;
};

/** As {@link parseBytes}, in whole MiB. */
export const parseMegabytes = (text: string): number | undefined => {
  const bytes = parseBytes(text);
  return bytes === undefined ? undefined : Math.floor(bytes / KIB ** 2);
};
