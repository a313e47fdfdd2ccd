import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';

export interface Block {
  readonly page: string;
  /** The line of the fence, starting at 1. */
  readonly line: number;
  /** The text after the fence, which can be empty. */
  readonly language: string;
  readonly text: string;
}

const WITH_CODE = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'foundation/README.md', 'review/README.md'];
const GUIDES = ['docs', 'foundation/docs', 'squid/docs'];

/** Generated from comments in the code, whose examples are compiled there. */
const REFERENCE = 'api/';

/** The pages whose code is compiled or run. */
export function pagesWithCode(): string[] {
  const guides = GUIDES.flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.startsWith(REFERENCE))
      .map((file) => `${folder}/${file}`),
  );
  return [...WITH_CODE, ...guides].sort();
}

export const readPage = (page: string): string => readFileSync(join(REPOSITORY, page), 'utf8');

export function blocksOf(page: string, text: string = readPage(page)): Block[] {
  const blocks: Block[] = [];
  let open: { readonly line: number; readonly language: string; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const language = /^\s*```(.*)$/.exec(line)?.[1]?.trim();
    if (language === undefined) open?.lines.push(line);
    else if (open === undefined) open = { line: index + 1, language, lines: [] };
    else {
      blocks.push({ page, line: open.line, language: open.language, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the code block has no end`);
  return blocks;
}

/**
 * The TypeScript blocks on a page as one program, in the order in which a reader puts it together. Every line keeps its
 * number, so that a compiler's messages refer to the page.
 */
export function programOf(page: string, text: string = readPage(page)): string {
  const lines = text.split('\n').map(() => '');
  for (const block of blocksOf(page, text)) {
    if (block.language !== 'ts') continue;
    block.text.split('\n').forEach((line, index) => (lines[block.line + index] = line));
  }
  return lines.join('\n');
}

function proseOf(text: string): string {
  return text.replace(/^\s*```[\s\S]*?^\s*```$/gm, '');
}

/** The targets of links, except those to other sites. */
export function localLinks(text: string): string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page: its own, and those that GitHub derives from headings, with a number for repeated ones. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  const own = [...text.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, anchor = '']) => anchor);
  const made = [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...own, ...made];
}
