import { readFile } from 'node:fs/promises';

/** Names a file in the form of apt's own `sources.list`. */
const VARIABLE = 'EGRESS_APT_SOURCES';
/** `deb [options] URL suite component...` */
const LINE = /^deb (?:\[[^\]]+\] )?(https?:\/\/\S+) \S+(?: \S+)+$/;

/** The machine's own mirrors of the stack's packages, for staging; none where the stack's shall be asked. */
export async function readAptSources(env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const file = env[VARIABLE] ?? '';
  if (file === '') return [];
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(
      `${VARIABLE} is '${file}', which can't be read (${(error as Error).message}): give the path of a sources.list`,
    );
  });
  return parseAptSources(text, `${VARIABLE} '${file}'`);
}

export function parseAptSources(text: string, from: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
  if (lines.length === 0) throw new Error(`${from} has no line: write deb URL SUITE COMPONENT..., or leave it out`);
  for (const line of lines) {
    const url = urlOf(line);
    if (url === undefined) {
      throw new Error(`${from} has '${line}': write deb URL SUITE COMPONENT..., with http or https`);
    }
    if (url.username !== '' || url.password !== '') {
      throw new Error(`${from} names a user for ${url.host}: staging shows its mirrors, so use one that asks nobody`);
    }
  }
  return lines;
}

/** The addresses that the lines name. */
export function mirrorsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => urlOf(line)?.href ?? []);
}

function urlOf(line: string): URL | undefined {
  const [, url = ''] = LINE.exec(line) ?? [];
  return URL.canParse(url) ? new URL(url) : undefined;
}
