import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from '../../../constructs/checks';

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

test('docs/checks.md has exactly the checks that exist, with what is wrong and why it matters', () => {
  const [, ...sections] = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'checks.md'), 'utf8').split('\n## ');
  expect(sections.map((section) => section.trim().replace(/\s+/g, ' '))).toEqual(
    RULES.map(({ id, title, why, acknowledgeable }) =>
      [`\`${id}\` ${capital(title)}. ${capital(why)}.`, ...(acknowledgeable ? [] : ['Can’t be acknowledged.'])].join(
        ' ',
      ),
    ),
  );
});
