// Runs `tools/COMMAND.ts`, even directly after `git clone`: installs the packages and builds the provider bindings if
// they are missing or out of date. That is why it is plain JavaScript without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = [20, 18, 1];
const STALE_LOCK_MS = 30_000;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOCK_FILE = join(ROOT, 'package-lock.json');
const MARKER = join(ROOT, 'node_modules', '.installed-from');

class BootstrapError extends Error {}

function checkNode() {
  const version = process.versions.node.split('.').map(Number);
  const differs = OLDEST_NODE.findIndex((part, index) => part !== version[index]);
  if (differs === -1 || version[differs] > OLDEST_NODE[differs]) return;
  throw new BootstrapError(
    `Node.js ${process.versions.node} is too old: ${OLDEST_NODE.join('.')} or later is needed.\n` +
      'Install a current release from https://nodejs.org or with your version manager.',
  );
}

const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const checksumOfLock = () => createHash('sha256').update(readFileSync(LOCK_FILE)).digest('hex');

/** Whether npm's own record of node_modules matches the lock file. */
function isInstalledAsLocked() {
  const record = read(join(ROOT, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(JSON.parse(readFileSync(LOCK_FILE, 'utf8')).packages).every(([path, wanted]) => {
    if (!path.includes('node_modules/') || wanted.link) return true;
    const found = installed[path];
    return found ? found.version === wanted.version : Boolean(wanted.optional || wanted.devOptional);
  });
}

const isInstalled = () => read(MARKER) === checksumOfLock();

function install() {
  const checksum = checksumOfLock();
  if (!isInstalledAsLocked()) {
    process.stdout.write('installing packages (npm ci) ...\n');
    // No package here needs its install script, and some of those scripts download or compile binaries.
    const arguments_ = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { status, error } = spawnSync('npm', arguments_, {
      cwd: ROOT,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (error) throw new BootstrapError(`npm could not be started: ${error.message}\nInstall npm with Node.js.`);
    if (status !== 0) {
      throw new BootstrapError(
        `"npm ci" ended with status ${status}: packages are not installed.\n` +
          'Its own message is above. Is the npm registry reachable ("npm ping"), and is the disk full ("df -h .")?',
      );
    }
  }
  writeFileSync(MARKER, checksum);
}

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/**
 * Removes a lock whose owner is gone. It is moved aside first: if two commands find it stale, one wins, and a live lock
 * goes back.
 */
function breakIfStale(lock) {
  const owner = read(join(lock, 'pid'));
  if (owner === undefined) {
    // Its owner may be between creating the folder and writing its number into it.
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > STALE_LOCK_MS) rmSync(lock, { recursive: true, force: true });
    return;
  }
  if (isRunning(Number(owner))) return;
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (read(join(aside, 'pid')) === owner) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, lock);
}

const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** If two commands are started at once in a checkout, one installs and the other waits for it. */
function withLock(work) {
  const lock = join(tmpdir(), `space-egress-bootstrap-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`);
  for (let waited = 0; ; waited += 1) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    breakIfStale(lock);
    if (waited === 1) process.stdout.write('waiting for another command that installs packages here ...\n');
    sleep(100);
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

async function prepare() {
  const bindings = await import(pathToFileURL(join(ROOT, 'provider', 'build.mjs')));
  if (isInstalled() && bindings.isBuilt()) return;
  await withLock(() => {
    if (!isInstalled()) install();
    const build = spawnSync(process.execPath, [join(ROOT, 'provider', 'build.mjs')], { stdio: 'inherit' });
    if (build.status !== 0) throw new BootstrapError('the provider bindings could not be built; the reason is above.');
  });
}

const commands = () =>
  readdirSync(join(ROOT, 'tools'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length));

/** Like exec: the command gets the terminal and the signals, and this process exits as it does. */
function run(command, arguments_) {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = join(ROOT, 'tools', `${command}.ts`);
  const child = spawn(process.execPath, ['--import', tsx, file, ...arguments_], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to the command as well, and many programs take a second one to mean "at once".
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
    process.exitCode = signal ? 128 + constants.signals[signal] : code;
  });
}

const [command, ...arguments_] = process.argv.slice(2);
try {
  checkNode();
  if (!commands().includes(command)) {
    throw new BootstrapError(`no command "${command ?? ''}". Usage: node tools/bootstrap.mjs COMMAND [ARGUMENTS]`);
  }
  await prepare();
  run(command, arguments_);
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
