/** Reads a release's notes from the changelog, and checks whether a tag can become a release. */

const HEADING = /^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/;

interface Entry {
  readonly date: string | undefined;
  readonly text: string;
}

/** The entries of a changelog by version, or `Unreleased`. @see https://keepachangelog.com/en/1.1.0/ */
function readChangelog(changelog: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let open: { readonly version: string; readonly date: string | undefined; readonly lines: string[] } | undefined;
  const close = (): void => {
    if (open !== undefined) entries.set(open.version, { date: open.date, text: open.lines.join('\n').trim() });
  };
  for (const line of changelog.split('\n')) {
    const [heading, version = '', date] = HEADING.exec(line) ?? [];
    if (heading === undefined) open?.lines.push(line);
    else {
      close();
      open = { version, date, lines: [] };
    }
  }
  close();
  return entries;
}

/** The changelog's text about a release. */
export const releaseNotes = (version: string, changelog: string): string =>
  readChangelog(changelog).get(version)?.text ?? '';

/**
 * The reasons why a tag can't become a release; empty if it can.
 *
 * @param tag as `v0.1.0`
 * @param version of package.json
 */
export function problemsOfRelease(tag: string, version: string, changelog: string): string[] {
  const entries = readChangelog(changelog);
  const entry = entries.get(version);
  const problems: readonly [boolean, string][] = [
    [tag !== `v${version}`, `the tag is ${tag}, but package.json has ${version}: tag v${version}`],
    [entry === undefined, `CHANGELOG.md has nothing about ${version}: add "## [${version}] - YYYY-MM-DD"`],
    [entry !== undefined && entry.text === '', `CHANGELOG.md has no changes below ${version}: say what is new`],
    [entry !== undefined && entry.date === undefined, `CHANGELOG.md has no date for ${version}: add it to the heading`],
    [
      (entries.get('Unreleased')?.text ?? '') !== '',
      `CHANGELOG.md has changes under Unreleased: move them to ${version}, or release them with the next`,
    ],
  ];
  return problems.filter(([wrong]) => wrong).map(([, problem]) => problem);
}
