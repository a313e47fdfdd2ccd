/**
 * The samples on a page of metrics, by name with labels. Fails for an invalid line, and for a sample that occurs twice.
 */
export function samplesOf(page: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of page.trimEnd().split('\n')) {
    if (/^# (?:HELP|TYPE) egress_[a-z_]+ /.test(line)) continue;
    const [, name = '', value = ''] =
      /^(egress_[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})?) ([0-9.]+)$/.exec(line) ?? [];
    if (name === '' || samples.has(name)) throw new Error(`no sample, or the second of its name: ${line}`);
    samples.set(name, Number(value));
  }
  return samples;
}
