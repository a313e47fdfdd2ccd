import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { localCommand } from '@space-egress/foundation';
import { deployLogCommand } from '../../cli/deploy-log/command';
import { logCommand } from '../../cli/log/command';
import { verifyCommand } from '../../cli/verify/command';
import { evidenceCommand } from '../../evidence/commands';
import { auditCommand, explainCommand, reviewCommand } from '../../review/commands';
import { BENCHMARK_FOLDERS } from '../../tools/bench';
import { REPOSITORY } from '../../tools/platform';
import { readArguments as readImageArguments } from '../../tools/proxy-image';
import { readArguments as readVulnerabilityArguments } from '../../tools/vulnerabilities';

/** The words of one command, without a leading `NAME=VALUE`. */
export type Words = readonly string[];

/** A command on a page, with its file and line. */
interface PageCommand {
  readonly where: string;
  readonly words: Words;
}

/**
 * The commands in a shell block, including those within `$(...)`, with the shell's quotes, comments, and line
 * continuations.
 */
export function commandsOf(where: (line: number) => string, text: string): PageCommand[] {
  const commands: PageCommand[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let line = 1;
  let begun = line;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    const rest = withoutVariables(words);
    if (rest.length > 0) commands.push({ where: where(begun), words: rest });
    words = [];
    begun = line;
  };
  for (const [token] of text.matchAll(TOKENS)) {
    line += token.split('\n').length - 1;
    const inner = /\$\(([^)]*)\)/.exec(token.startsWith("'") ? '' : token)?.[1];
    if (inner !== undefined) commands.push(...commandsOf(() => where(begun), inner));
    if (/^(\n|&&|[|;])$/.test(token)) endCommand();
    else if (/^(\s|\\\n)/.test(token)) endWord();
    else if (token.startsWith('#') && word === undefined) continue;
    else word = (word ?? '') + token.replace(/^(["'])([\s\S]*)\1$/, '$2');
  }
  endCommand();
  return commands;
}

/**
 * In order: a comment, a line continuation, quoted text, a command substitution, the end of a command, a blank, the
 * rest.
 */
const TOKENS = /(?<!\S)#.*|\\\n|'[^']*'|"[^"]*"|\$\([^)]*\)|\n|&&|[|;]|[^\S\n]+|[^\s'"|;&$]+|[&$]/g;

function withoutVariables(words: readonly string[]): Words {
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return first === -1 ? [] : words.slice(first);
}

/** The programs that a page can call. Each function returns what is wrong with the arguments, or undefined. */
const KNOWN: Readonly<Record<string, (args: Words, folder: string) => string | undefined>> = {
  npm: npm,
  npx: (args, folder) => (args[0] === 'space-egress' ? spaceEgress(args.slice(1)) : installed(args, folder)),
  git: ([subcommand = '']) => oneOf(subcommand, ['clone', 'commit', 'add']),
  terraform: (args) => oneOf(args.find((arg) => !arg.startsWith('-')) ?? '', ['init', 'plan', 'apply', 'show']),
  cf: ([subcommand = '']) => oneOf(subcommand, CF),
  docker: ([subcommand = '']) => oneOf(subcommand, ['build', 'login', 'network', 'push']),
  cat: () => undefined,
  cd: () => undefined,
  eval: () => undefined,
  export: () => undefined,
};

/** @param folder the page's own folder, if its package.json has scripts, or the repository */
export function problemOf({ words, where }: PageCommand, folder: string): string | undefined {
  const [program = '', ...args] = words;
  const check = KNOWN[program];
  const problem = check === undefined ? 'is not known to these tests' : check(args, folder);
  return problem === undefined ? undefined : `${where}: "${words.join(' ')}" ${problem}`;
}

/** If cf is installed, a test runs the page with these. */
const CF = [
  ...['api', 'auth', 'target', 'push', 'ssh', 'create-space', 'delete-space', 'disallow-space-ssh'],
  ...['bind-security-group', 'add-network-policy', 'remove-network-policy'],
];

const NPM_ITSELF = ['ci', 'init', 'install', 'pack', 'ping'];

function npm(args: Words, folder: string): string | undefined {
  const [subcommand = '', ...rest] = args.filter((arg) => arg !== '--silent');
  if (NPM_ITSELF.includes(subcommand)) return undefined;
  const script = subcommand === 'run' ? (rest[0] ?? '') : subcommand;
  const scripts = { ...packageOf(REPOSITORY).scripts, ...packageOf(folder).scripts };
  if (!(script in scripts)) return `runs the script "${script}", which ${join(folder, 'package.json')} does not have`;
  const own = args.includes('--') ? args.slice(args.indexOf('--') + 1) : [];
  return SCRIPT_ARGUMENTS[script]?.(own) ?? (script in SCRIPT_ARGUMENTS || own.length === 0 ? undefined : 'takes none');
}

const SCRIPT_ARGUMENTS: Readonly<Record<string, (args: Words) => string | undefined>> = {
  test: (args) => args.map((stage) => oneOf(stage, STAGES)).find((problem) => problem !== undefined),
  down: (args) => args.map((option) => oneOf(option, ['--purge'])).find((problem) => problem !== undefined),
  bench: ([name = '']) =>
    BENCHMARK_FOLDERS.some((folder) => existsSync(join(folder, `${name}.ts`))) ? undefined : 'names no benchmark',
  'proxy-image': (args) => problemOfReading(() => readImageArguments(args)),
  vulnerabilities: (args) => problemOfReading(() => readVulnerabilityArguments(args)),
  'space-egress': spaceEgress,
};

/** Read, not imported, because that file is a program. */
const STAGES: readonly string[] = [
  ...readFileSync(join(REPOSITORY, 'tools', 'test.ts'), 'utf8').matchAll(/\bname: '([a-z0-9]+)'/g),
].map(([, name = '']) => name);

function problemOfReading(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return `is refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const nothing = (): Promise<never> => Promise.reject(new Error('nothing is started here'));

/** The command line parses the words itself; only the actions are removed. */
function spaceEgress(args: Words): string | undefined {
  const program = new Command('space-egress')
    .addCommand(reviewCommand())
    .addCommand(explainCommand())
    .addCommand(auditCommand(nothing))
    .addCommand(verifyCommand())
    .addCommand(evidenceCommand({ env: {}, now: () => new Date(), command: '' }))
    .addCommand(logCommand())
    .addCommand(deployLogCommand())
    .addCommand(localCommand({ programs: nothing }));
  disarm(program);
  return problemOfReading(() => program.parse([...args], { from: 'user' }));
}

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  command.commands.forEach(disarm);
}

function installed([program = '']: Words, folder: string): string | undefined {
  const places = [folder, REPOSITORY].map((place) => join(place, 'node_modules', '.bin', program));
  return places.some((place) => existsSync(place)) ? undefined : 'is a program that no package brings';
}

function oneOf(word: string, known: readonly string[]): string | undefined {
  return known.includes(word) ? undefined : `has '${word}' where one of ${known.join(', ')} is meant`;
}

function packageOf(folder: string): { readonly scripts?: Readonly<Record<string, string>> } {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
}

/** The folder whose commands a page shows: the page's own folder if its package has scripts, or the repository. */
export function folderOf(page: string): string {
  const own = join(REPOSITORY, dirname(page));
  return packageOf(own).scripts === undefined ? REPOSITORY : own;
}
