// How tests are run, here and in the rest of the repository, and the projects that need nothing but Node.js. The kinds of
// test differ by file name: `x.test.ts` needs nothing else, `x.process.test.ts` starts programs or lets real time pass,
// `x.engine.test.ts` needs terraform or tofu, `x.e2e.test.ts` a container engine.
const { join } = require('node:path');

const swc = {
  jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
  module: { type: 'commonjs' },
};

/** Files whose names say that they need more than Node.js. */
const NAMED = '\\.(process|engine|e2e|browser)\\.test\\.ts$';

/** `esModules`: packages that are ES modules alone, as patterns; Node.js and esbuild load them as they are. */
const projectOf =
  (rootDir, cacheDirectory, esModules = []) =>
  (displayName, testMatch, testPathIgnorePatterns = []) => ({
    displayName,
    rootDir,
    testEnvironment: 'node',
    cacheDirectory,
    testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
    testPathIgnorePatterns: ['/node_modules/', ...testPathIgnorePatterns],
    transform: { '^.+\\.[jt]s$': ['@swc/jest', swc] },
    transformIgnorePatterns: [`/node_modules/${esModules.length > 0 ? `(?!(${esModules.join('|')})/)` : ''}`],
    modulePathIgnorePatterns: ['<rootDir>/(.*/)?dist/', '<rootDir>/cdktf.out/'],
  });

const project = projectOf(__dirname, join(__dirname, 'node_modules', '.cache', 'jest'));

module.exports = {
  NAMED,
  projectOf,
  /** A machine that is busy with other things takes ten times as long. Jest takes this for all projects or for none. */
  testTimeout: 60_000,
  projects: [
    project('unit', ['__tests__/**/*.test.ts'], [NAMED, '/foundation/__tests__/(api|cloud|store)/']),
    project('contract', ['__tests__/{api,cloud,store}/**/*.test.ts'], [NAMED]),
    project('process', ['__tests__/**/*.process.test.ts']),
  ],
};
