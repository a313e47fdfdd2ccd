import { Command, InvalidArgumentError } from 'commander';
import { RECORD, recorded, type Recorder } from '../../review/commands';
import { CloudFoundry } from '../cloud-foundry';
import { deploymentFrom } from '../deployment';
import { verifyApp } from './from-app';
import type { Host } from './questions';
import type { Row } from './row';
import { type Foundation, localOptions, readOutputs, remoteOptions } from './options';
import { printRows } from './print';
import { verify } from './verify';

interface Options {
  readonly outputs: string;
  readonly url?: string;
  readonly proxy?: string;
  readonly app?: string;
  readonly space?: string;
  readonly to: readonly Host[];
  readonly json: boolean;
  readonly record?: string;
}

/**
 * @param foundation is there in a checkout only
 * @param record keeps what was seen, where that is asked for
 */
export function verifyCommand(foundation?: Foundation, record?: Recorder): Command {
  return new Command('verify')
    .description('send requests through the deployed system and say what came of them; exit code 1 if one differs')
    .option('-o, --outputs <file>', 'what "cdktf deploy --outputs-file" wrote', 'cdktf.outputs.json')
    .option('-u, --url <url>', "the application's public address, instead of the outputs")
    .option('-p, --proxy <url>', "the proxy's address, with --url", 'http://egress-proxy.apps.internal:3128')
    .option('-a, --app <name>', 'ask from inside of this application instead, as a task: any one will do')
    .option('-s, --space <name>', 'where that application is, if its name is in several spaces')
    .option('-t, --to <host:port>', 'with --app: ask for this one too; may be repeated', addHost, [])
    .option('--json', 'for programs', false)
    .addOption(RECORD)
    .action(async (options: Options) => {
      const subject = subjectOf(options);
      await recorded({ store: options.record, record }, { kind: 'verify', subject }, async () => {
        const rows = await rowsFor(options, foundation);
        const json = JSON.stringify(rows, null, 2);
        const columns = process.stdout.isTTY ? process.stdout.columns : 80;
        process.stdout.write(`${options.json ? json : printRows(rows, columns).join('\n')}\n`);
        if (rows.some((row) => !row.ok)) {
          process.exitCode = 1;
        }
        return { result: `${json}\n`, subject };
      });
    });
}

/** What a later run of the same question is about as well. */
function subjectOf({ app, space, url }: Options): string {
  const { org } = deploymentFrom(process.env);
  return app === undefined ? (url ?? org) : [org, ...(space === undefined ? [] : [space]), app].join('/');
}

async function rowsFor(options: Options, foundation: Foundation | undefined): Promise<readonly Row[]> {
  if (options.app === undefined) return verifyDeployment(options, foundation);
  return verifyApp(await CloudFoundry.connect(process.env), {
    org: deploymentFrom(process.env).org,
    app: options.app,
    space: options.space,
    more: options.to,
  });
}

async function verifyDeployment(
  { outputs: file, url, proxy }: Options,
  foundation: Foundation | undefined,
): Promise<readonly Row[]> {
  const outputs = url === undefined ? readOutputs(file) : { app_url: url, proxy_address: proxy ?? '' };
  return verify(
    foundation === undefined || process.env.EGRESS_FOUNDATION === undefined
      ? remoteOptions(outputs)
      : await localOptions(process.env, deploymentFrom(process.env), outputs, foundation),
  );
}

function addHost(text: string, before: readonly Host[]): readonly Host[] {
  const [, host = '', port] = /^([a-z0-9.-]+):(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined) throw new InvalidArgumentError(`write HOST:PORT, as in api.example.gov:443.`);
  return [...before, { host: host.toLowerCase(), port: Number(port) }];
}
