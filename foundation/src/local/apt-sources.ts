import { readFile } from 'node:fs/promises';

/** The path of a file in the format of apt's `sources.list`. */
const VARIABLE = 'EGRESS_APT_SOURCES';
/** `deb [options] URL suite component...` */
const LINE = /^deb (?:\[[^\]]+\] )?(https?:\/\/\S+) \S+(?: \S+)+$/;

/** The machine's mirrors of the stack's packages, for staging; empty to use the stack's own. */
export async function readAptSources(env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const file = env[VARIABLE] ?? '';
  if (file === '') return [];
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(
      `${VARIABLE} is '${file}', which can't be read (${(error as Error).message}): set it to the path of a sources.list`,
    );
  });
  return parseAptSources(text, `${VARIABLE} '${file}'`);
}

export function parseAptSources(text: string, from: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
  if (lines.length === 0) throw new Error(`${from} has no sources: add a line deb URL SUITE COMPONENT..., or unset it`);
  for (const line of lines) {
    const url = urlOf(line);
    if (url === undefined) {
      throw new Error(`${from} has '${line}': write deb URL SUITE COMPONENT..., with http or https`);
    }
    if (url.username !== '' || url.password !== '') {
      throw new Error(
        `${from} has credentials for ${url.host}: staging logs its mirrors, so use one without a password`,
      );
    }
  }
  return lines;
}

/** The URLs in the lines. */
export function mirrorsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => urlOf(line)?.href ?? []);
}

function urlOf(line: string): URL | undefined {
  const [, url = ''] = LINE.exec(line) ?? [];
  return URL.canParse(url) ? new URL(url) : undefined;
}
