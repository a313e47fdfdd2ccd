import { Command, InvalidArgumentError } from 'commander';
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
}

/** @param foundation is there in a checkout only */
export function verifyCommand(foundation?: Foundation): Command {
  return new Command('verify')
    .description('send requests through the deployed system and say what came of them; exit code 1 if one differs')
    .option('-o, --outputs <file>', 'what "cdktf deploy --outputs-file" wrote', 'cdktf.outputs.json')
    .option('-u, --url <url>', "the application's public address, instead of the outputs")
    .option('-p, --proxy <url>', "the proxy's address, with --url", 'http://egress-proxy.apps.internal:3128')
    .option('-a, --app <name>', 'ask from inside of this application instead, as a task: any one will do')
    .option('-s, --space <name>', 'where that application is, if its name is in several spaces')
    .option('-t, --to <host:port>', 'with --app: ask for this one too; may be repeated', addHost, [])
    .option('--json', 'for programs', false)
    .action(async (options: Options) => {
      const rows =
        options.app === undefined
          ? await verifyDeployment(options, foundation)
          : await verifyApp(await CloudFoundry.connect(process.env), {
              org: deploymentFrom(process.env).org,
              app: options.app,
              space: options.space,
              more: options.to,
            });
      const text = options.json
        ? JSON.stringify(rows, null, 2)
        : printRows(rows, process.stdout.isTTY ? process.stdout.columns : 80).join('\n');
      process.stdout.write(`${text}\n`);
      if (rows.some((row) => !row.ok)) {
        process.exitCode = 1;
      }
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
