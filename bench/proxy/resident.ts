/** Memory according to /proc/PID/smaps. */

const KIB_PER_MIB = 1024;

/** The first line of a mapping: addresses, permissions, offset, device, inode, and file. */
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ \S+ (\S+) \S+ \d+ *(.*)$/;
const FIGURE = /^(Rss|Anonymous): +(\d+) kB$/;

/**
 * MiB that processes use together, from their smaps, one after another, each followed by a line `end`. Each process's
 * own pages count. A file's pages count once, as for a container's limit: for the process that has the most of them.
 */
export function mebibytesOf(smaps: string): number {
  let own = 0;
  const files = new Map<string, number>();
  for (const process of smaps.split(/^end$/m)) {
    const mapped = new Map<string, number>();
    let file = '';
    for (const line of process.split('\n')) {
      const [, offset = '', name = ''] = MAPPING.exec(line) ?? [];
      if (offset !== '') file = `${name} ${offset}`;
      const [, figure, kibibytes = '0'] = FIGURE.exec(line) ?? [];
      if (figure === undefined) continue;
      const sign = figure === 'Rss' ? 1 : -1;
      if (sign < 0) own += Number(kibibytes);
      mapped.set(file, (mapped.get(file) ?? 0) + sign * Number(kibibytes));
    }
    for (const [key, kibibytes] of mapped) files.set(key, Math.max(files.get(key) ?? 0, kibibytes));
  }
  return (own + [...files.values()].reduce((sum, one) => sum + one, 0)) / KIB_PER_MIB;
}
