import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../tools/platform';

/** Files that can import the same things. */
interface Layer {
  /** A file belongs to the first layer whose pattern matches its path. */
  readonly files: RegExp;
  /** Layers that it can import, besides itself. */
  readonly imports: readonly string[];
  /** Layers from which it can import only types, so that nothing from them is loaded. */
  readonly types?: readonly string[];
  /** Packages besides Node.js's own modules, or a folder's package.json that lists them. */
  readonly packages: RegExp;
}

const NONE = /^$/;
const CDKTF = /^(cdktf|constructs)$/;
const BINDINGS = /^(cdktf|constructs|@cdktf\/provider-(cloudfoundry|docker)(\/lib\/.+)?)$/;

const CLOUD_FACING = 'foundation/cell contract';

/** The design's table of folders, and the layers within folders that have some. */
const LAYERS: Readonly<Record<string, Layer>> = {
  values: {
    files: /^constructs\/values\//,
    imports: [],
    packages: /^(fflate|ignore)$/,
  },
  constructs: { files: /^constructs\//, imports: ['values', 'review’s door'], packages: BINDINGS },

  'review’s door': { files: /^review\/index\.ts$/, imports: ['review'], packages: NONE },
  'review’s commands': {
    files: /^review\/commands\//,
    imports: ['review', 'values'],
    packages: /^commander$/,
  },
  review: {
    files: /^review\//,
    imports: ['values'],
    packages:
      /^(elkjs\/lib\/elk\.bundled\.js|jsonc-parser|tldts|mdast|mdast-util-(gfm-autolink-literal|gfm-table|to-markdown))$/,
  },

  'evidence’s commands': {
    files: /^evidence\/commands\//,
    imports: ['evidence', 'review', 'review’s commands'],
    packages: /^commander$/,
  },
  evidence: {
    files: /^evidence\//,
    imports: ['review'],
    packages: /^(@aws-sdk\/client-s3|mdast|micromark|micromark-extension-gfm)$/,
  },

  configuration: { files: /^config\.ts$/, imports: [], packages: CDKTF },
  'example stack': {
    files: /^(main|demo|synthesize)\.ts$/,
    imports: ['configuration', 'constructs', 'values'],
    types: ['app'],
    packages: BINDINGS,
  },

  app: { files: /^app\//, imports: [], packages: /^(@aws-sdk\/client-s3|@smithy\/node-http-handler)$/ },

  cli: {
    files: /^cli\//,
    imports: ['evidence’s commands', 'review', 'review’s commands', 'values', 'manifest'],
    types: ['app', 'foundation'],
    packages: /^(commander|d3-scale|tldts)$/,
  },

  'foundation values': {
    files:
      /^foundation\/src\/(domain-name|collect-garbage|ipv4|own-property|serial-queue|limits|settings|tls-port)\.ts$/,
    imports: [],
    packages: NONE,
  },
  'foundation/authority': {
    files: /^foundation\/src\/authority\.ts$/,
    imports: [],
    packages: /^(@peculiar\/x509|reflect-metadata)$/,
  },
  'foundation/store': { files: /^foundation\/src\/store\//, imports: [], packages: NONE },
  [CLOUD_FACING]: { files: /^foundation\/src\/cell\/cell\.ts$/, imports: [], packages: NONE },
  'foundation/engine': {
    files: /^foundation\/src\/cell\/(engine|labels)\.ts$/,
    imports: [CLOUD_FACING],
    packages: /^(dockerode|tar-stream)$/,
  },
  'foundation/cell': {
    files: /^foundation\/src\/cell\//,
    imports: [CLOUD_FACING, 'foundation/authority', 'foundation/engine', 'foundation values'],
    packages: /^(dns-packet|dockerode|semver|tar-stream|undici|yaml|yauzl)$/,
  },
  'foundation/cloud': {
    files: /^foundation\/src\/cloud\//,
    imports: [CLOUD_FACING, 'foundation/store', 'foundation values'],
    packages: /^(jsonwebtoken|yaml|zod)$/,
  },
  'foundation/assembly': {
    files: /^foundation\/src\/(main|api\/serve)\.ts$/,
    imports: [
      CLOUD_FACING,
      'foundation values',
      'foundation/api',
      'foundation/cell',
      'foundation/cloud',
      'foundation/internet',
      'foundation/osb',
      'foundation/ssh',
      'foundation/store',
    ],
    packages: /^dockerode$/,
  },
  'foundation/api': {
    files: /^foundation\/src\/api\//,
    imports: ['foundation/cloud', 'foundation values'],
    packages: /^(fastify|@fastify\/multipart|yaml|zod)$/,
  },
  'foundation/internet': {
    files: /^foundation\/src\/internet\//,
    // The broker creates buckets on the S3 server, behind the interface that the state machine uses.
    imports: ['foundation/authority', 'foundation/engine', 'foundation/cloud', 'foundation values'],
    packages: /^dockerode$/,
  },
  'foundation/osb': {
    files: /^foundation\/src\/osb\//,
    // Brokers over HTTP, behind the interface that the state machine uses.
    imports: ['foundation/cloud', 'foundation values'],
    packages: /^undici$/,
  },
  'foundation/ssh': {
    files: /^foundation\/src\/ssh\//,
    // It connects to instances through the interface that the state machine uses.
    imports: [CLOUD_FACING, 'foundation/cloud'],
    packages: /^ssh2$/,
  },
  'foundation/local': {
    files: /^foundation\/src\/(local\/|index\.ts$)/,
    imports: ['foundation/engine', 'foundation/internet', 'foundation values'],
    packages: /^(commander|dockerode|esbuild|tar-stream)$/,
  },

  'foundation/testing': {
    files: /^foundation\/testing\//,
    imports: [
      CLOUD_FACING,
      'foundation values',
      'foundation/api',
      'foundation/assembly',
      'foundation/authority',
      'foundation/cell',
      'foundation/cloud',
      'foundation/internet',
      'foundation/local',
      'foundation/store',
      'tools',
    ],
    packages: /^dockerode$/,
  },
  tools: {
    files: /^tools\//,
    imports: ['values', 'cli', 'configuration', 'foundation', 'manifest', 'benchmarks'],
    packages:
      /^(@cdktf\/(commons|provider-generator|provider-docker\/package\.json)|cdktf-cli\/.*|dockerode|esbuild|ignore|semver|tar-stream|typescript|undici|yauzl)$/,
  },
  benchmarks: {
    files: /^bench\//,
    imports: [
      'cli',
      'configuration',
      'constructs',
      'evidence',
      'example stack',
      'foundation',
      'foundation/testing',
      'review',
      'tests',
      'tools',
      'values',
    ],
    packages: /^(cdktf|constructs|dockerode|esbuild|puppeteer-core|@cdktf\/provider-cloudfoundry\/lib\/[a-z-]+)$/,
  },
  'foundation’s benchmarks': {
    files: /^foundation\/bench\//,
    imports: [
      'benchmarks',
      'cli',
      'foundation',
      'foundation/engine',
      'foundation/local',
      'foundation/testing',
      'tools',
    ],
    packages: /^dockerode$/,
  },
  tests: { files: /^(foundation\/)?__tests__\//, imports: [], packages: NONE },
  manifest: { files: /^package\.json$/, imports: [], packages: NONE },
};

/** A workspace that others import by name. */
const WORKSPACES: Readonly<Record<string, string>> = {
  '@space-egress/foundation': 'foundation',
  '@space-egress/foundation/testing': 'foundation/testing',
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: REPOSITORY, encoding: 'utf8' })
  .split('\0')
  .filter((file) => /\.(ts|js|mjs)$/.test(file) && existsSync(join(REPOSITORY, file)));

const layerOf = (file: string): string | undefined =>
  Object.entries(LAYERS).find(([, { files }]) => files.test(file))?.[0];

/** Why an import is not allowed; undefined if it is. */
function problemOf({ from, to, typesOnly }: Import): string | undefined {
  const layer = layerOf(from);
  if (layer === undefined || layer === 'tests') return undefined;
  const { imports, types = [], packages } = LAYERS[layer] as Layer;
  if (to.startsWith('node:')) return undefined;
  const target = WORKSPACES[to] ?? (to.startsWith('.') ? layerOf(fileAt(from, to)) : undefined);
  if (target === undefined && !to.startsWith('.')) {
    return packages.test(to) ? undefined : `${from} (${layer}) imports the package ${to}`;
  }
  const allowed = [layer, ...imports, ...(typesOnly ? types : [])];
  return allowed.includes(target ?? '') ? undefined : `${from} (${layer}) imports ${to} (${target ?? 'no layer'})`;
}

/** The file that a relative import refers to. */
function fileAt(from: string, to: string): string {
  const path = posix.join(dirname(from), to);
  const candidates = [path, `${path}.ts`, `${path}.d.ts`, `${path}.js`, `${path}/index.ts`];
  const isFile = (candidate: string): boolean => /\.[a-z]+$/.test(candidate) && existsSync(join(REPOSITORY, candidate));
  return candidates.find(isFile) ?? path;
}

/** All imports in a file: static, dynamic, `require`, and in types. */
function importsOf(from: string, text: string): Import[] {
  const imports: Import[] = [];
  const add = (node: ts.Node | undefined, typesOnly: boolean): void => {
    if (node !== undefined && ts.isStringLiteral(node)) imports.push({ from, to: node.text, typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsTypesOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isLoading(node.expression)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  const jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
  visit(ts.createSourceFile(from, text, { languageVersion: ts.ScriptTarget.ES2022, jsDocParsingMode }));
  return imports;
}

const isTypeClause = (clause?: ts.ImportClause): boolean => clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

function importsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined || clause.name !== undefined) return isTypeClause(clause);
  const { namedBindings } = clause;
  const each = namedBindings !== undefined && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
  return isTypeClause(clause) || (each.length > 0 && each.every(({ isTypeOnly }) => isTypeOnly));
}

const isLoading = (callee: ts.Expression): boolean =>
  callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');

const packageOf = (module: string): string => /^(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module;

/** The packages that the nearest package.json lists; tests can use those of all of them. */
function declaredFor(file: string): ReadonlySet<string> {
  const workspace = /^(foundation|app)\//.exec(file)?.[1] ?? '.';
  const folders = /^(foundation\/)?__tests__\//.test(file) ? ['.', 'foundation', 'app'] : [workspace];
  return new Set([
    ...Object.keys(WORKSPACES),
    ...folders.flatMap((folder) => {
      const text = readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8');
      const { dependencies, devDependencies, peerDependencies } = JSON.parse(text) as Record<
        string,
        object | undefined
      >;
      return [dependencies, devDependencies, peerDependencies].flatMap((listed) => Object.keys(listed ?? {}));
    }),
  ]);
}

const IMPORTS: readonly Import[] = tracked.flatMap((file) =>
  importsOf(file, readFileSync(join(REPOSITORY, file), 'utf8')),
);

test('every folder imports only what its layer allows', () => {
  const problems = IMPORTS.map(problemOf);
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

test("only the foundation's two entry points are imported from outside", () => {
  const past = IMPORTS.filter(({ from }) => !from.startsWith('foundation/'))
    .filter(({ from, to }) => to.startsWith('.') && fileAt(from, to).startsWith('foundation/'))
    .map(({ from, to }) => `${from} imports ${to}`);
  expect(past).toEqual([]);
});

test('the foundation itself imports nothing from outside', () => {
  const outside = IMPORTS.filter(({ from }) => from.startsWith('foundation/src/'))
    .filter(({ from, to }) => to.startsWith('.') && !fileAt(from, to).startsWith('foundation/src/'))
    .map(({ from, to }) => `${from} imports ${to}`);
  expect(outside).toEqual([]);
});

test('every package that a folder loads is declared in its workspace', () => {
  const undeclared = IMPORTS.filter(
    ({ from, to, typesOnly }) => !typesOnly && !/^(\.|node:)/.test(to) && !/^provider\//.test(from),
  )
    .filter(({ from, to }) => !declaredFor(from).has(packageOf(to)))
    .map(({ from, to }) => `${from} loads ${packageOf(to)}`);
  expect([...new Set(undeclared)]).toEqual([]);
});

test('every layer has files, and every file of the folders with code has a layer', () => {
  const empty = Object.keys(LAYERS).filter(
    (layer) => ![...tracked, 'package.json'].some((file) => layerOf(file) === layer),
  );
  const homeless = tracked.filter(
    (file) => layerOf(file) === undefined && !/^provider\/|^(foundation\/)?[^/]*(config|projects)\.m?js$/.test(file),
  );
  expect({ empty, homeless }).toEqual({ empty: [], homeless: [] });
});

test.each([
  ['constructs/values/port.ts', "import { App } from 'cdktf';", 'package cdktf'],
  ['constructs/space.ts', "import { up } from '@space-egress/foundation';", '(foundation)'],
  ['foundation/src/cell/rules.ts', "import { Cloud } from '../cloud/cloud';", '(foundation/cloud)'],
  ['foundation/src/cloud/cloud.ts', "export * from '../api/server';", '(foundation/api)'],
  ['foundation/src/ipv4.ts', "const { Port } = require('../../constructs/values/port');", '(values)'],
  ['cli/program.ts', "void import('@space-egress/foundation');", '(foundation)'],
  ['app/src/app.js', "const { Port } = require('../../constructs/values/port');", '(values)'],
])('%s may not say %s', (file, text, reason) => {
  expect(importsOf(file, text).map(problemOf)).toEqual([expect.stringContaining(reason)]);
});

test('types may be imported from where nothing may be loaded', () => {
  const typed = "import type { Probe } from '../app/types'; type Local = typeof import('@space-egress/foundation');";
  expect(importsOf('cli/program.ts', typed).map(problemOf)).toEqual([undefined, undefined]);
});
