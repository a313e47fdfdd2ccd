/** The library that Cloud Foundry's own Go programs use, against the foundation's API with a cell that is only in memory. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-module';
import { foundationForAll } from '../testing/harness';

jest.setTimeout(600_000);

const run = promisify(execFile);

const foundation = foundationForAll();

test('a Go program pushes, binds, maps, opens, reads, creates a key, runs a task, scales, rolls, deploys a canary, and deletes', async () => {
  const program = await ensureBuilt('cfclient', new Cache(), () => undefined);
  const { url, credentials, cloud } = foundation.service;
  const { username, password } = credentials.deployer;
  const { stdout } = await run(program, [], {
    env: { ...process.env, CF_API_URL: url, CF_USER: username, CF_PASSWORD: password, IMAGE: 'image' },
  });
  expect(stdout.trim().split('\n')).toEqual([
    'make a space',
    'push',
    'bind a group',
    'map a route',
    'make a policy',
    'read logs',
    'make a service key',
    'run a task',
    'scale',
    'roll',
    'canary',
    'delete',
  ]);
  expect([...cloud.state.apps, ...cloud.state.routes, ...cloud.state.policies]).toEqual([]);
  expect(foundation.cell.running.size).toBe(0);
  expect(foundation.failures).toEqual([]);
});
