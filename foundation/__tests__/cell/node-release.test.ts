import { chooseNode, chooseNpm } from '../../src/cell/supply';
import type { PublishedVersions } from '../../src/cell/npm-registry';
import { parseProcfile } from '../../src/cell/staging';

const NODES = ['18.20.8', '20.19.0', '22.11.0', '22.20.0', '24.1.0', '26.0.0'];

test.each([
  [undefined, '22.20.0'],
  ['22.x', '22.20.0'],
  ['22.11.0', '22.11.0'],
  ['>=18', '24.1.0'],
  ['20', '20.19.0'],
  ['^26', '26.0.0'],
  ['20 || 22', '22.20.0'],
])('engines.node %j gets %s', (wanted, version) => expect(chooseNode(NODES, wanted)).toBe(version));

test('fails with the value for an invalid range, and for one that nothing matches', () => {
  expect(() => chooseNode(NODES, 'newest')).toThrow(
    'engines.node in package.json is not a range of versions: "newest"',
  );
  expect(() => chooseNode(NODES, '21.x')).toThrow('no match found for 21.x');
});

const dist = { tarball: '', integrity: '' };
const NPMS: PublishedVersions = {
  '10.9.4': { engines: { node: '^18.17.0 || >=20.5.0' }, dist },
  '11.6.0': { engines: { node: '^20.17.0 || >=22.9.0' }, dist },
  '12.0.0': { engines: { node: '^22.22.2 || >=24' }, dist },
  '13.0.0-pre.1': { engines: { node: '>=24' }, dist },
  '1.0.0': { dist },
};

test.each([
  ['18.20.8', '10.9.4'],
  ['22.20.0', '10.9.4'],
  ['24.1.0', '11.6.0'],
  ['26.0.0', '12.0.0'],
])('Node.js %s comes with npm %s', (node, npm) => expect(chooseNpm(NPMS, node)).toBe(npm));

test('fails for a Node.js that no npm supports', () =>
  expect(() => chooseNpm(NPMS, '12.0.0')).toThrow('no npm runs on Node.js 12.0.0'));

test('a Procfile has commands by process type, and other lines are ignored', () =>
  expect(
    parseProcfile('web: node server.js --port $PORT\r\n# web: no\n\nworker:   node worker.js  \nbad line\n:x\n'),
  ).toEqual({ web: 'node server.js --port $PORT', worker: 'node worker.js' }));
