import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';

interface End {
  readonly code: number;
  readonly output: string;
}

/** Runs a command like npm's scripts, through the bootstrap. */
function command(name: string, ...args: readonly string[]): Promise<End> {
  const file = join(REPOSITORY, 'tools', `${name}.ts`);
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', file, ...args], { cwd: REPOSITORY }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` });
    });
  });
}

test.each([
  ['start', ['--fast'], 'npm start takes no argument, got "--fast"', 'EGRESS_FOUNDATION'],
  ['down', ['--everything'], 'no option "--everything"', 'npm run down -- --purge'],
  [
    'test',
    ['unit', 'slow'],
    'no test stage "slow"',
    'format, lint, types, unit, process, contract, engine, proxy, containers, start, e2e',
  ],
  ['setup', ['engines'], 'no part "engines"', 'parts are engine, containers'],
  ['doctor', ['--fix'], 'npm run doctor takes no argument, got "--fix"', 'npm start'],
  ['space-egress', ['veryfy'], "unknown command 'veryfy'", 'see space-egress --help'],
  ['space-egress', ['verify', '--jsn'], "unknown option '--jsn'", '--json'],
  ['space-egress', ['local', 'start'], "unknown command 'start'", 'Did you mean status?'],
  ['space-egress', ['local', 'up', '--port', '80000'], "'80000' is invalid", 'use a number from 1 to 65532'],
  ['space-egress', ['verify', '--outputs', 'missing.json'], 'missing.json', 'deploy with --outputs-file missing.json'],
])('%s %j fails at once, with what is wrong, what is right, and no stack trace', async (name, args, wrong, right) => {
  const { code, output } = await command(name, ...args);
  expect(code).toBe(1);
  expect(output).toContain(wrong);
  expect(output.replaceAll(/\s+/g, ' ')).toContain(right);
  expect(output).not.toMatch(/^\s+at /m);
  expect(output.trimEnd().split('\n').length).toBeLessThan(8);
});

test.each([
  ['start', [], 'EGRESS_FOUNDATION'],
  ['down', [], '--purge'],
  ['test', [], 'containers'],
  ['setup', [], 'engine, containers'],
  ['doctor', [], 'Changes nothing'],
  ['bench', [], 'proxy: this proxy beside Caddy'],
  ['proxy-image', [], '--sbom FILE'],
  ['vulnerabilities', [], '--write'],
  ['space-egress', [], 'verify'],
  ['space-egress', ['review'], '--format'],
  ['space-egress', ['log'], '--app'],
  ['space-egress', ['local', 'up'], '--security-groups'],
])('%s %j --help shows its usage, in 80 columns, and does nothing', async (name, args, told) => {
  const { code, output } = await command(name, ...args, '--help');
  expect(code).toBe(0);
  expect(output).toMatch(/^usage: /i);
  expect(output).toContain(told);
  expect(output.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
