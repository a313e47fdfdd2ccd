/** What editors show and the API reference is made from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const CONSTRUCTS = join(__dirname, '..', '..', 'constructs');
/** What a program writes; in other interfaces, an optional property is one that may be missing. */
const WRITTEN = /(Props|Options|Lookup|Grant|Access|Times|Versions)$/;

const sources = readdirSync(CONSTRUCTS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('private'))
  .map((file) => ts.createSourceFile(file, readFileSync(join(CONSTRUCTS, file), 'utf8'), ts.ScriptTarget.ES2022, true));
const exported = ['index.ts', 'checks.ts', 'proxy-image.ts']
  .map((file) => readFileSync(join(CONSTRUCTS, file), 'utf8'))
  .join('\n');
const declarations = sources
  .flatMap((source) => source.statements)
  .filter((statement) => ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement))
  .filter(({ name }) => name !== undefined && new RegExp(`\\b${name.text}\\b`).test(exported));

type Member = ts.ClassElement | ts.TypeElement | ts.ParameterDeclaration;

const hasComment = (node: ts.Node): boolean => /^\/\*\*\s*(\*\s*)?[^@*\s]/.test(commentOf(node));
const commentOf = (node: ts.Node): string => ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.getText() ?? '';
const nameOf = ({ name }: Member): string => name?.getText() ?? '';

function membersOf(declaration: ts.ClassDeclaration | ts.InterfaceDeclaration): Member[] {
  const members: readonly Member[] = declaration.members;
  const all = members.flatMap((member) =>
    ts.isConstructorDeclaration(member)
      ? member.parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, member))
      : [member],
  );
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return all.filter(
    (member) =>
      (ts.getCombinedModifierFlags(member) & hidden) === 0 &&
      nameOf(member) !== 'toString' &&
      !ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal'),
  );
}

/** Members that a class has from an interface, whose comment an editor shows. */
const inherited = new Set(
  declarations.filter(ts.isInterfaceDeclaration).flatMap((each) => membersOf(each).filter(hasComment).map(nameOf)),
);

test('every class and interface, and each of their members, says what it is', () => {
  const silent = declarations.flatMap((declaration) => {
    const at = declaration.name?.text ?? '';
    const members = membersOf(declaration).filter(
      (member) => !hasComment(member) && !(ts.isClassDeclaration(declaration) && inherited.has(nameOf(member))),
    );
    return [...(hasComment(declaration) ? [] : [at]), ...members.map((member) => `${at}.${nameOf(member)}`)];
  });
  expect(declarations.length).toBeGreaterThan(40);
  expect(silent).toEqual([]);
});

test('every optional property that a program can set says its default', () => {
  const silent = declarations
    .filter(ts.isInterfaceDeclaration)
    .filter(({ name }) => WRITTEN.test(name.text))
    .flatMap(({ name, members }) =>
      members
        .filter((member) => member.questionToken !== undefined && !commentOf(member).includes('@default'))
        .map((member) => `${name.text}.${nameOf(member)}`),
    );
  expect(silent).toEqual([]);
});
