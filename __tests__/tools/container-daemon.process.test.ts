import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, stopDaemon } from '../../tools/container-daemon';
import { isRunning } from '../../tools/lock';
import { waitFor } from '@space-egress/foundation/testing';
import { temporaryFolder } from '../support/temporary-folder';

// The record distinguishes processes by Linux's start time; we start daemons only on Linux.
const testOnLinux = process.platform === 'linux' ? test : test.skip;

let stateFolder: string;
let socket: string;
beforeEach(() => {
  stateFolder = temporaryFolder();
  socket = join(stateFolder, 'daemon.sock');
});
afterEach(async () => {
  await stopDaemon(stateFolder);
});

const LISTENS = `require('node:net').createServer().listen(process.argv[1])`;
const start = (program: string, patience = 10_000): Promise<void> =>
  startDaemon({ stateFolder, socket, patience, command: [process.execPath, '-e', program, socket] });
const recorded = (): number =>
  (JSON.parse(readFileSync(join(stateFolder, 'container-engine.json'), 'utf8')) as { pid: number }).pid;

testOnLinux('a daemon that was started is stopped, once', async () => {
  await start(LISTENS);
  const pid = recorded();
  expect(isRunning(pid)).toBe(true);
  await expect(stopDaemon(stateFolder)).resolves.toBe(true);
  // It has ended; its number is free when its parent, here the test's process, has reaped it.
  await waitFor(() => Promise.resolve(!isRunning(pid)), `process ${pid} to be gone`);
  await expect(stopDaemon(stateFolder)).resolves.toBe(false);
});

testOnLinux('a process that got the number of our daemon is not stopped', async () => {
  const record = { pid: process.pid, identity: 'another start time', log: '' };
  writeFileSync(join(stateFolder, 'container-engine.json'), JSON.stringify(record));
  await expect(stopDaemon(stateFolder)).resolves.toBe(false);
  expect(existsSync(join(stateFolder, 'container-engine.json'))).toBe(false);
});

testOnLinux('a daemon that ends at once is reported with the last lines of its log', async () => {
  await expect(start(`console.error('no overlay file system'); process.exit(3)`)).rejects.toThrow(
    /did not start: it ended with 3\nno overlay file system; read .*container-engine\.log/,
  );
  expect(readdirSync(stateFolder)).toEqual(['container-engine.log']);
});

testOnLinux('a daemon that never listens is given up and ended', async () => {
  await expect(start('setInterval(() => undefined, 1000)', 300)).rejects.toThrow('did not answer within 0.3 s');
  expect(readdirSync(stateFolder)).toEqual(['container-engine.log']);
});

testOnLinux('a program that is not there is reported by its name', async () => {
  await expect(startDaemon({ stateFolder, socket, command: [join(stateFolder, 'gone')] })).rejects.toThrow(
    /gone did not start: .*ENOENT/,
  );
});
