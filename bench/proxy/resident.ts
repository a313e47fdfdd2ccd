/** Memory by /proc/PID/smaps. */

const KIB_PER_MIB = 1024;

/** Where a mapping begins: its addresses, rights, offset, device, inode and file. */
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ \S+ (\S+) \S+ \d+ *(.*)$/;
const FIGURE = /^(Rss|Anonymous): +(\d+) kB$/;

/**
 * MiB that processes hold together, from what their smaps say, one after the other with a line `end` behind each. A process's own
 * pages count for each process, a file's for the one that has most of it: the limit of a container counts them once.
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
