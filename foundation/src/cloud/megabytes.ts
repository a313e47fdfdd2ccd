import { own } from '../own';

const UNITS: Readonly<Record<string, number>> = {
  B: 1 / (1024 * 1024),
  K: 1 / 1024,
  KB: 1 / 1024,
  M: 1,
  MB: 1,
  G: 1024,
  GB: 1024,
  T: 1024 * 1024,
  TB: 1024 * 1024,
};

/** `256M`, `0.5gb`: whole MiB, rounded down; `undefined` for what is no size. */
export const parseMegabytes = (text: string): number | undefined => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = own(UNITS, unit.toUpperCase());
  return factor === undefined ? undefined : Math.floor(Number(amount) * factor);
};
