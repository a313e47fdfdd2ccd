import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../tools/platform';
import { commandsOf, folderOf, problemOf } from './support/commands';
import { anchorsOf, blocksOf, localLinks, pagesWithCode, programOf, readPage } from './support/pages';
import { temporaryFolder } from './support/temporary-folder';
import { SOURCES, typeCheck } from './support/type-check';

/** Languages of code blocks, and whether a test compares them with the code. */
const LANGUAGES: Readonly<Record<string, 'compiled' | 'checked' | 'shown'>> = {
  ts: 'compiled',
  sh: 'checked',
  // Run by the test of the page.
  js: 'checked',
  python: 'checked',
  xml: 'checked',
  json: 'shown',
  yaml: 'shown',
  mermaid: 'shown',
  text: 'shown',
  hcl: 'shown',
  diff: 'shown',
};

const PAGES = pagesWithCode();
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: REPOSITORY, encoding: 'utf8' }).split('\0');
const programs = new Map(
  PAGES.map((page) => [page, programOf(page)] as const).filter(([, program]) => program.trim() !== ''),
);

describe('code on pages', () => {
  test('names its language, so that nothing is left out by accident', () => {
    const unknown = PAGES.flatMap((page) => blocksOf(page))
      .filter(({ language }) => !(language in LANGUAGES))
      .map(({ page, line, language }) => `${page}:${line}: '${language}'`);
    expect(unknown).toEqual([]);
  });

  test("in TypeScript compiles, as do the examples in the constructs' comments, and an error is reported with its line", () => {
    const wrong = ['# A page', '', '```ts', "import { Port } from 'cdktf-space-egress';", "Port.tcp('80');", '```'];
    const examples = [['wrong.md', programOf('wrong.md', wrong.join('\n'))], ...docstringExamples()] as const;
    expect(programs.size).toBeGreaterThan(1);
    expect(typeCheck(new Map([...programs, ...examples]))).toEqual([
      expect.stringMatching(/^wrong\.md:5: Argument of type 'string'/),
    ]);
  }, 60_000);

  test.each([...programs])('in TypeScript on %s synthesizes', (_page, program) => {
    expect(stacksOf(program)).not.toEqual([]);
  });

  test('in shell blocks calls existing commands, with existing options', () => {
    const problems = PAGES.flatMap((page) =>
      blocksOf(page)
        .filter(({ language }) => language === 'sh')
        .flatMap(({ line, text }) => commandsOf((within) => `${page}:${line + within}`, text))
        .map((command) => problemOf(command, folderOf(page))),
    );
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test.each([
    ['npm run no-such-script', 'does not have'],
    ['npm test -- no-such-stage', "'no-such-stage'"],
    ['npm start && npx no-such-program', 'no package brings'],
    ['npm run space-egress -- verify --no-such-option', 'unknown option'],
    ['npx space-egress local up --port many', 'is refused'],
    ['eval "$(npm run space-egress -- local no-such-command)"', 'is refused'],
    ['rm -rf /', 'is not known'],
  ])('in a shell block is refused when it says %s', (text, reason) => {
    const problems = commandsOf(() => 'page.md:1', text).map((command) => problemOf(command, REPOSITORY));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([expect.stringContaining(reason)]);
  });
});

test('links between the pages and into the repository lead somewhere', () => {
  const pages = tracked.filter((file) => file.endsWith('.md') && existsSync(join(REPOSITORY, file)));
  const broken = [...new Set([...pages, ...PAGES])].flatMap((page) =>
    localLinks(readPage(page))
      .filter((target) => !leadsSomewhere(page, target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every page can be reached from README.md by links', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    localLinks(readPage(page))
      .map((target) => join(dirname(page), target.replace(/#.*/, '')))
      .filter((target) => target.endsWith('.md') && existsSync(join(REPOSITORY, target)))
      .forEach((target) => reached.add(target));
  }
  const pages = tracked.filter((file) => file.endsWith('.md') && existsSync(join(REPOSITORY, file)));
  expect([...new Set([...pages, ...PAGES])].filter((page) => !reached.has(page))).toEqual([]);
});

test('environment variables that pages name are read by the code', () => {
  const code = tracked
    .filter((file) =>
      /^(config\.ts|main\.ts|\.github\/|(app|cli|constructs|evidence|foundation|review|squid|tools|__tests__\/e2e)\/)/.test(
        file,
      ),
    )
    .filter((file) => !file.endsWith('.md') && existsSync(join(REPOSITORY, file)))
    .map((file) => readFileSync(join(REPOSITORY, file), 'utf8'))
    .join('\n');
  const known = new Set([...(code.match(VARIABLE) ?? []), ...OF_OTHERS, ...terraformVariables()]);
  const unknown = PAGES.flatMap((page) =>
    [...new Set(readPage(page).match(VARIABLE) ?? [])]
      .filter((name) => !known.has(name))
      .map((name) => `${page}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('the guide to deploying lists every variable that the configuration reads', () => {
  const config = readFileSync(join(REPOSITORY, 'config.ts'), 'utf8');
  const read = [...config.matchAll(/\bsetting\(\s*'([A-Z0-9_]+)'/g)].map(([, name = '']) => name);
  const listed = [...readPage('docs/deploying.md').matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, name = '']) => name);
  expect(listed.sort()).toEqual(read.sort());
});

const VARIABLE = /\b(?:EGRESS|CF|TF|TF_VAR|AWS|DOCKER|NODE)_[A-Za-z0-9_]*[A-Za-z0-9]\b/g;

/** Variables that only the provider, the engines, and AWS read. */
const OF_OTHERS = ['CF_CLIENT_ID', 'CF_CLIENT_SECRET', 'TF_ENCRYPTION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** `secret('NAME')` in the example corresponds to the variable TF_VAR_NAME. */
function terraformVariables(): string[] {
  const main = readFileSync(join(REPOSITORY, 'main.ts'), 'utf8');
  return [...main.matchAll(/\bsecret\('([a-z0-9_]+)'\)/g)].map(([, name = '']) => `TF_VAR_${name}`);
}

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(REPOSITORY, join(REPOSITORY, dirname(page), decodeURIComponent(path)));
  if (!existsSync(join(REPOSITORY, file))) return false;
  return anchor === undefined || (file.endsWith('.md') && anchorsOf(readPage(file)).includes(anchor));
}

/** The code in `@example` tags of the library, by file and line. */
function docstringExamples(): [string, string][] {
  return tracked
    .filter((file) => /^constructs\/.*\.ts$/.test(file) && existsSync(join(REPOSITORY, file)))
    .flatMap((file) => examplesIn(file, readFileSync(join(REPOSITORY, file), 'utf8')));
}

function examplesIn(file: string, text: string): [string, string][] {
  return [...text.matchAll(/^ *\* @example\n((?: *\*(?! @|\/).*\n)+)/gm)].map(({ index, 1: body = '' }) => {
    const before = text.slice(0, index).split('\n').length;
    const lines = body.split('\n').map((line) => line.replace(/^ *\* ?/, '').replace(/^```.*$/, ''));
    return [`${file}:${before}`, lines.join('\n')];
  });
}

test('an example in a comment is extracted completely', () => {
  const comment = [
    '/**',
    ' * Says what.',
    ' *',
    ' * @example',
    ' * ```ts',
    ' * Port.tcp(80);',
    ' * ```',
    ' * @see x',
    ' */',
  ];
  expect(examplesIn('port.ts', comment.join('\n')).map(([name, text]) => [name, text.trim()])).toEqual([
    ['port.ts:4', 'Port.tcp(80);'],
  ]);
});

/** Runs a page's program in a temporary folder, and returns the names of its stacks. */
function stacksOf(program: string): string[] {
  const folder = temporaryFolder();
  const before = { cwd: process.cwd(), outdir: process.env.CDKTF_OUTDIR };
  try {
    mkdirSync(join(folder, 'web'));
    writeFileSync(join(folder, 'web', 'package.json'), '{"name":"web"}');
    process.chdir(folder);
    process.env.CDKTF_OUTDIR = join(folder, 'out');
    evaluate(program);
    const manifest = JSON.parse(readFileSync(join(folder, 'out', 'manifest.json'), 'utf8')) as { stacks: object };
    return Object.keys(manifest.stacks);
  } finally {
    process.chdir(before.cwd);
    if (before.outdir === undefined) delete process.env.CDKTF_OUTDIR;
    else process.env.CDKTF_OUTDIR = before.outdir;
  }
}

function evaluate(program: string): void {
  const { outputText } = ts.transpileModule(program, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  });
  const load = (name: string): unknown => jest.requireActual(SOURCES.get(name) ?? name);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const main = new Function('require', 'exports', outputText) as (require: typeof load, exports: object) => void;
  main(load, {});
}

const [profile] = blocksOf('docs/proxy-clients.md')
  .map(({ text }) => text)
  .filter((text) => text.includes('VCAP_SERVICES'));

const hasJq = spawnSync('jq', ['--version']).status === 0;

/** Cloud Foundry's stacks have jq, but a machine that runs these tests might not. */
(hasJq ? test : test.skip)('the .profile for an application that is pushed by hand exports its own credentials', () => {
  const credentials = (uri: string) => ({ credentials: { uri } });
  const services = {
    'user-provided': [
      { name: 'other-egress-credentials', ...credentials('http://other.1:x@proxy.apps.internal:3128') },
      { name: 'batch-egress-credentials', ...credentials('http://batch.1:y@proxy.apps.internal:3128') },
    ],
  };
  const { PATH = '' } = process.env;
  const printed = execFileSync('sh', ['-c', `${profile ?? 'false'}\nenv`], {
    env: { PATH, VCAP_SERVICES: JSON.stringify(services) },
    encoding: 'utf8',
  });
  const variables = printed.split('\n').filter((line) => /^(https?|no)_proxy=/i.test(line));
  const uri = 'http://batch.1:y@proxy.apps.internal:3128';
  const direct = 'localhost,127.0.0.1,::1,.apps.internal';
  expect(variables.sort()).toEqual(
    [
      `HTTPS_PROXY=${uri}`,
      `HTTP_PROXY=${uri}`,
      `NO_PROXY=${direct}`,
      `http_proxy=${uri}`,
      `https_proxy=${uri}`,
      `no_proxy=${direct}`,
    ].sort(),
  );
});
