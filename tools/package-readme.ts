import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { COMMON, type Edition, EDITIONS, HOMEPAGE } from './packages';
import { REPOSITORY } from './platform';

/** The section of the repository's README for a package's page. */
const SECTION = 'Use the library';

/** The library's page in an edition: the README's section, with the edition's names in its code. */
export function packageReadme({ name, peers }: Edition): string {
  const own = EDITIONS[0];
  const code = (text: string): string =>
    text.replaceAll(own?.name ?? '', name).replace(/(?<=[ '])cdktf(?=[ '])/g, peers.cdktf.name);
  const body = withWholeLinks(section(readFileSync(join(REPOSITORY, 'README.md'), 'utf8'), SECTION));
  return `# ${name}\n\n${body.replace(/^```[^]*?^```/gm, code)}\n\nMore is in [the repository](${HOMEPAGE}).\n`;
}

/** The content below a second-level heading, up to the next one. */
export function section(page: string, heading: string): string {
  const [, text] = page.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`the page has no section "${heading}"`);
  return (text.split(/\n## /)[0] ?? '').trim();
}

/** A registry shows only this page, so links point to the files of the release. */
export const withWholeLinks = (text: string): string =>
  text.replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_all, target: string) => {
    return `](${HOMEPAGE}/blob/v${COMMON.version}/${posix.normalize(target)})`;
  });
