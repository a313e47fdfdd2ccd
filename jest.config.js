// Four kinds of test, told apart by the file name: `x.test.ts` needs nothing but Node.js, `x.process.test.ts` starts
// programs or lets real time pass, `x.engine.test.ts` needs terraform or tofu and the providers, `x.e2e.test.ts` needs a
// container engine. The foundation's API is a stage of its own, and so are the proxy in containers and the example as it is
// deployed, in `e2e`.
const swc = {
  jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
  module: { type: 'commonjs' },
};

const NAMED = '\\.(process|engine|e2e|browser)\\.test\\.ts$';

const ES_MODULES = [
  '(?:mdast|micromark|unist)(?:-[a-z-]+)?',
  'ccount',
  'character-entities',
  'decode-named-character-reference',
  'devlop',
  'escape-string-regexp',
  'longest-streak',
  'markdown-table',
  'zwitch',
];

/** One after the other: they share a simulated internet, whose name and addresses are the checkout's. */
const IN_LABORATORY = ['__tests__/squid/**/*.e2e.test.ts', '__tests__/review/caddy.e2e.test.ts'];

/** Half as long as all the others of `e2e`, and mostly one command after the other. */
const START = '__tests__/e2e/start.e2e.test.ts';

const ON_FOUNDATIONS = {
  globalSetup: '<rootDir>/__tests__/e2e/support/set-up.js',
  globalTeardown: '<rootDir>/__tests__/e2e/support/tear-down.js',
};

const HOUSES = '{__tests__,foundation/__tests__}';

const project = (displayName, testMatch, testPathIgnorePatterns = []) => ({
  displayName,
  testEnvironment: 'node',
  // It outlives a run, and `npm test` takes its temporary folder away.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
  testPathIgnorePatterns: ['/node_modules/', ...testPathIgnorePatterns],
  transform: { '^.+\\.[jt]s$': ['@swc/jest', swc] },
  // Packages that are ES modules alone; Node.js and esbuild load them as they are.
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/(.*/)?dist/', '<rootDir>/cdktf.out/'],
});

module.exports = {
  // A machine that is busy with other things takes ten times as long. Jest takes this for all projects or for none.
  testTimeout: 60_000,
  projects: [
    project(
      'unit',
      [`${HOUSES}/**/*.test.ts`],
      [NAMED, '/foundation/__tests__/(api|cloud|store)/', '/__tests__/release/'],
    ),
    project('contract', ['foundation/__tests__/{api,cloud,store}/**/*.test.ts'], [NAMED]),
    project('process', [`${HOUSES}/**/*.process.test.ts`]),
    // Not among the stages of `npm test`: it comes before a release.
    project('release', ['__tests__/release/*.test.ts']),
    // Not among them either: it needs a browser, `npm run test:page`.
    project('browser', ['__tests__/**/*.browser.test.ts']),
    {
      ...project('engine', [`${HOUSES}/**/*.engine.test.ts`]),
      globalSetup: '<rootDir>/__tests__/support/find-engines.js',
    },
    project('proxy', IN_LABORATORY),
    project(
      'containers',
      ['{__tests__/{evidence,review,tools},foundation/__tests__}/**/*.e2e.test.ts'],
      ['/review/caddy\\.e2e'],
    ),
    { ...project('start', [START]), ...ON_FOUNDATIONS },
    { ...project('e2e', ['__tests__/e2e/*.e2e.test.ts'], [START]), ...ON_FOUNDATIONS },
  ],
};
