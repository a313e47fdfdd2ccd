import { readFileSync } from 'node:fs';
import {
  COVERAGE_PAGE,
  coveragePage,
  DATA_SOURCES_LEFT_OUT,
  NOT_IN_PROVIDER,
  readCoverage,
  readProvider,
  RESOURCES_LEFT_OUT,
} from './provider-coverage';

const { deployer, admin } = readCoverage();
const provider = readProvider();

const operationsOf = (resource: string): ReadonlySet<string> =>
  new Set([...(deployer.resources[resource] ?? []), ...(admin.resources[resource] ?? [])]);

test('every resource of the provider is covered, or listed with the reason why not', () => {
  const covered = [...Object.keys(deployer.resources), ...Object.keys(admin.resources)];
  expect([...new Set([...covered, ...Object.keys(RESOURCES_LEFT_OUT)])].sort()).toEqual(provider.resources);
  expect(Object.keys(RESOURCES_LEFT_OUT).filter((name) => covered.includes(name))).toEqual([]);
});

test('every data source of the provider is covered, or listed with the reason why not', () => {
  const covered = [...deployer.dataSources, ...admin.dataSources];
  expect([...new Set([...covered, ...Object.keys(DATA_SOURCES_LEFT_OUT)])].sort()).toEqual(provider.dataSources);
  expect(Object.keys(DATA_SOURCES_LEFT_OUT).filter((name) => covered.includes(name))).toEqual([]);
});

test('covered resources are created, changed, imported, and destroyed, if the provider can', () => {
  const wrong = provider.resources
    .filter((resource) => !(resource in RESOURCES_LEFT_OUT))
    .flatMap((resource) => {
      const done = operationsOf(resource);
      const wanted = [
        'create',
        'destroy',
        ...(['update', 'import'] as const).filter((operation) => !NOT_IN_PROVIDER[operation].includes(resource)),
      ];
      return wanted.filter((operation) => !done.has(operation)).map((operation) => `${resource}: ${operation}`);
    });
  expect(wrong).toEqual([]);
});

test('the documentation page matches the record', () =>
  expect(readFileSync(COVERAGE_PAGE, 'utf8')).toBe(coveragePage(readCoverage())));
