// The kinds of test differ by file name, as foundation/jest.projects.js says. The foundation's API is a stage of
// its own, and so are the proxy in containers and the example as it is deployed, in `e2e`.
const { join } = require('node:path');
const foundation = require('@space-egress/foundation/jest.projects');

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

// The cache outlives a run, and `npm test` takes its temporary folder away.
const project = foundation.projectOf(__dirname, join(__dirname, 'node_modules', '.cache', 'jest'), ES_MODULES);

module.exports = {
  testTimeout: foundation.testTimeout,
  // The foundation's own projects have the names of stages: a stage runs all projects of its name.
  projects: [
    ...foundation.projects,
    project('unit', ['__tests__/**/*.test.ts'], [foundation.NAMED, '/__tests__/release/']),
    project('process', ['__tests__/**/*.process.test.ts']),
    // Not among the stages of `npm test`: it comes before a release.
    project('release', ['__tests__/release/*.test.ts']),
    // Not among them either: it needs a browser, `npm run test:page`.
    project('browser', ['__tests__/**/*.browser.test.ts']),
    {
      ...project('engine', ['{__tests__,foundation/__tests__}/**/*.engine.test.ts']),
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
