import { join, resolve } from 'node:path';
import ts from 'typescript';
import { ENTRIES, EDITIONS } from '../../tools/packages';
import { REPOSITORY } from '../../tools/platform';

const LIBRARY = EDITIONS[0]?.name ?? '';

/** The built files of the providers' bindings; their types are next to them. */
const BINDINGS_INDEX: Readonly<Record<string, string>> = {
  'cloudfoundry/index': join(REPOSITORY, 'provider', 'lib', 'index.js'),
  'docker/index': join(REPOSITORY, 'node_modules', '@cdktf', 'provider-docker', 'lib', 'index.js'),
};

/** The source of each published entry, except those of single resources, by the name under which others import it. */
export const SOURCES: ReadonlyMap<string, string> = new Map(
  Object.entries(ENTRIES)
    .filter(([entry]) => !entry.includes('*'))
    .map(([entry, file]) => [join(LIBRARY, entry), BINDINGS_INDEX[file] ?? join(REPOSITORY, `${file}.ts`)]),
);

/**
 * Compiles texts as if they were files of the repository, in strict mode and all at once, because loading the library's
 * types takes most of the time. Returns each error as `NAME:LINE: MESSAGE`.
 *
 * @param programs texts by the name under which a message mentions them
 */
export function typeCheck(programs: ReadonlyMap<string, string>): string[] {
  const config = ts.readConfigFile(join(REPOSITORY, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, { ...ts.sys, readDirectory: () => [] }, REPOSITORY, {
    paths: Object.fromEntries([...SOURCES].map(([name, file]) => [name, [file.replace(/\.js$/, '.d.ts')]])),
    types: ['node'],
  });
  const names = new Map([...programs.keys()].map((name, index) => [resolve(REPOSITORY, `page-${index}.ts`), name]));
  const textOf = (file: string): string | undefined => programs.get(names.get(resolve(file)) ?? '');
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => textOf(file) !== undefined || disk.fileExists(file),
    readFile: (file) => textOf(file) ?? disk.readFile(file),
    getSourceFile: (file, target, ...rest) => {
      const text = textOf(file);
      // Makes a page without imports a module too, so that it doesn't share its names with other pages.
      return text === undefined
        ? disk.getSourceFile(file, target, ...rest)
        : ts.createSourceFile(file, `${text}\nexport {};\n`, target);
    },
  };
  const program = ts.createProgram([...names.keys()], options, host);
  return [...names.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`${file} is not part of the program`);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) => {
        const line = source.getLineAndCharacterOfPosition(start).line + 1;
        return `${names.get(file) ?? ''}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}
