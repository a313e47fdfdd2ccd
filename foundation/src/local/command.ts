import { Command, InvalidArgumentError, Option } from 'commander';
import { SECURITY_GROUP_MODES, type SecurityGroupMode } from '../settings';
import { down, stop } from './down';
import { environment, shellExports } from './environment';
import type { ProgramFiles } from './image';
import { logs } from './logs';
import { DEFAULT_NAME } from './plan';
import { LineProgress } from './progress';
import { status, type Status } from './status';
import { up } from './up';

export interface LocalCommandOptions {
  /** Finds or builds the Linux programs for the image. */
  readonly programs: () => Promise<ProgramFiles>;
}

interface UpArguments {
  readonly name: string;
  readonly port?: number;
  readonly securityGroups?: SecurityGroupMode;
}

const HIGHEST_FIRST_PORT = 65_532;

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > HIGHEST_FIRST_PORT) {
    throw new InvalidArgumentError(
      `use a number from 1 to ${HIGHEST_FIRST_PORT}; the foundation also uses the three ports after it.`,
    );
  }
  return port;
}

/** The plan is stored in the labels of a volume, which can't change. */
const NO_SSH = 'none: the foundation is from before SSH was supported; recreate it with "local down" and "local up"';

function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

const asJson = (value: unknown): string => JSON.stringify(value, null, 2);

/** The status as text: the state, the addresses, and a line for each container. */
export function formatStatus({ name, state, engine, plan, containers }: Status): string {
  const widths = [0, 0];
  const rows = containers.map(({ name: container, role, state: its, image }) => [container, role, its, image] as const);
  for (const row of rows) widths.forEach((width, at) => (widths[at] = Math.max(width, row[at]?.length ?? 0)));
  const places = plan
    ? [
        `api       http://127.0.0.1:${plan.ports.api}`,
        `router    http://127.0.0.1:${plan.ports.router}`,
        `registry  localhost:${plan.ports.registry}`,
        `ssh       ${plan.ports.ssh === undefined ? NO_SSH : `127.0.0.1:${plan.ports.ssh}`}`,
        `networks  ${plan.overlay.cidr} overlay, ${plan.internet.cidr} internet`,
      ]
    : [];
  const lines = rows.map(
    ([container, role, its, image]) =>
      `${container.padEnd(widths[0] ?? 0)}  ${role.padEnd(widths[1] ?? 0)}  ${its}  ${image}`,
  );
  return [`foundation ${name}: ${state} (${engine})`, ...places, ...lines].join('\n');
}

/** The command `local`, which manages foundations on this machine. */
export function localCommand({ programs }: LocalCommandOptions): Command {
  const local = new Command('local').description('a Cloud Foundry on this machine that enforces egress');
  const progress = new LineProgress(print);
  const command = (name: string, description: string): Command =>
    local
      .command(name)
      .description(description)
      .addOption(
        new Option('-n, --name <name>', 'name of the foundation').default(DEFAULT_NAME).env('EGRESS_FOUNDATION'),
      );

  command('up', 'start a foundation, or check that it runs')
    .option('-p, --port <first>', 'first of four consecutive ports of a new foundation', parsePort)
    .addOption(
      new Option(
        '--security-groups <mode>',
        'when changes of security groups reach the instances of a new foundation: at once, or on restart',
      ).choices(SECURITY_GROUP_MODES),
    )
    .action(async ({ name, port, securityGroups }: UpArguments) => {
      await up({ name, port, securityGroups, files: await programs(), progress });
    });
  command('down', 'remove a foundation and everything in it')
    .option('--purge', 'also remove its images', false)
    .action(async ({ name, purge }: { name: string; purge: boolean }) => {
      await down({ name, purge, progress });
    });
  command('stop', 'stop a foundation; its applications keep running').action(async ({ name }: { name: string }) => {
    await stop({ name });
  });
  command('status', 'show the state of a foundation and its containers')
    .option('--json', 'print JSON', false)
    .action(async ({ name, json }: { name: string; json: boolean }) => {
      const now = await status({ name });
      print(json ? asJson(now) : formatStatus(now));
    });
  command('env', 'print the variables that point the provider and the stack to a foundation, for eval')
    .option('--json', 'print JSON', false)
    .action(async ({ name, json }: { name: string; json: boolean }) => {
      const variables = await environment({ name });
      print(json ? asJson(variables) : shellExports(variables));
    });
  command('logs', "print an application's log")
    .argument('<app>', 'name of the application')
    .option('-s, --space <space>', 'its space, if several have an application of that name')
    .option('-f, --follow', 'continue until interrupted', false)
    .action(async (app: string, options: { name: string; space?: string; follow: boolean }) => {
      for await (const line of logs({ app, ...options })) print(line);
    });
  return local;
}
