// Three kinds of test, told apart by the file name: `x.test.ts` needs nothing but Node.js, `x.engine.test.ts` needs
// terraform or tofu and the providers, `x.e2e.test.ts` needs a container engine.
const swc = {
  jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
  module: { type: 'commonjs' },
};

const project = (displayName, testMatch, testPathIgnorePatterns = []) => ({
  displayName,
  testEnvironment: 'node',
  testMatch: testMatch.map((pattern) => `<rootDir>/__tests__/${pattern}`),
  testPathIgnorePatterns: ['/node_modules/', ...testPathIgnorePatterns],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/cdktf.out/'],
});

module.exports = {
  projects: [
    project('unit', ['**/*.test.ts'], ['\\.engine\\.test\\.ts$', '\\.e2e\\.test\\.ts$']),
    project('engine', ['**/*.engine.test.ts']),
    project('e2e', ['**/*.e2e.test.ts']),
  ],
};
