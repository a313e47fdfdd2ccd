import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { COMMON, type Edition, EDITIONS, HOMEPAGE } from './packages';
import { REPOSITORY } from './platform';

/** The part of the repository's page that a package's page is made of. */
const SECTION = 'Use the library';

/** The page of the library in an edition: the part of the README on it, with the edition's names in its code. */
export function packageReadme({ name, peers }: Edition): string {
  const own = EDITIONS[0];
  const code = (text: string): string =>
    text.replaceAll(own?.name ?? '', name).replace(/(?<=[ '])cdktf(?=[ '])/g, peers.cdktf.name);
  const body = withWholeLinks(section(readFileSync(join(REPOSITORY, 'README.md'), 'utf8'), SECTION));
  return `# ${name}\n\n${body.replace(/^```[^]*?^```/gm, code)}\n\nMore is in [the repository](${HOMEPAGE}).\n`;
}

/** What stands below a heading of the second level, up to the next one. */
export function section(page: string, heading: string): string {
  const [, text] = page.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`the page has no part "${heading}"`);
  return (text.split(/\n## /)[0] ?? '').trim();
}

/** On a registry's page no file lies beside it: links lead to the files of the release. */
export const withWholeLinks = (text: string): string =>
  text.replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_all, target: string) => {
    return `](${HOMEPAGE}/blob/v${COMMON.version}/${posix.normalize(target)})`;
  });
