// Names in a pull request are written by its author: none of them may become markup, a mention or a link of the comment.

/** Text as code in Markdown, also in a table's cell. */
export function code(text: string): string {
  const flat = text.replace(/\s+/g, ' ');
  const longest = Math.max(0, ...(flat.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = longest > 0 ? ' ' : '';
  return `${fence}${padding}${flat.replace(/\|/g, '\\|')}${padding}${fence}`;
}

/** Our own sentences, in which names that the author chose may stand in backticks or without. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1
        ? code(part.slice(1, -1))
        : part
            .replace(/\s+/g, ' ')
            .replace(/[\\*_[\]<>|~#]/g, '\\$&')
            .replace(/@/g, '@\u200b')
            .replace(/:\/\//g, ':\u200b//'),
    )
    .join('');
}

/** A label of Mermaid in double quotes. */
export function mermaidText(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[#"<>&`;{}[\]()|\\@]/g, (character) => `#${character.charCodeAt(0)};`);
}
