import { Command, InvalidArgumentError } from 'commander';
import { RECORD, recorded, type Recorder } from '../../review/commands';
import { line } from '../../review/report/escape';
import { CloudFoundry } from '../cloud-foundry';
import { deploymentFrom } from '../deployment';
import { verifyApp } from './from-app';
import { inconclusiveOf } from './inconclusive';
import type { Host } from './questions';
import { CODES, outcomeOfAll, resultJson, type Result, type Row, printRows } from './result';
import { type Foundation, localOptions, readOutputs, remoteOptions } from './options';
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
 * `space-egress verify`
 *
 * @param foundation only available in a checkout
 * @param record stores what was seen, if requested
 */
export function verifyCommand(foundation?: Foundation, record?: Recorder): Command {
  return new Command('verify')
    .description(
      'sends requests through the deployed system and reports the results; exit code 2 if one differs, 3 if it is inconclusive',
    )
    .option('-o, --outputs <file>', 'output of "cdktf deploy --outputs-file"', 'cdktf.outputs.json')
    .option('-u, --url <url>', "the application's public address, instead of the outputs")
    .option('-p, --proxy <url>', "the proxy's address, with --url", 'http://egress-proxy.apps.internal:3128')
    .option('-a, --app <name>', 'send the requests from inside this application instead, as a task')
    .option('-s, --space <name>', 'the space of that application, if several spaces have one with this name')
    .option('-t, --to <host:port>', 'with --app: also try this host; may be repeated', addHost, [])
    .option('--json', 'JSON output', false)
    .addOption(RECORD)
    .action(async (options: Options) => {
      const subject = subjectOf(options);
      await recorded({ store: options.record, record }, { kind: 'verify', subject }, async () => {
        const result = await resultFor(options, foundation);
        const json = resultJson(result);
        const columns = process.stdout.isTTY ? process.stdout.columns : 80;
        if (options.json) process.stdout.write(json);
        else if (result.failure === undefined) process.stdout.write(`${printRows(result.rows, columns).join('\n')}\n`);
        if (result.failure !== undefined) process.stderr.write(`space-egress: ${line(result.failure.message)}\n`);
        process.exitCode = CODES[outcomeOfAll(result)];
        return { result: json, subject };
      });
    });
}

/** Identifies the question, so that later runs can be compared. */
function subjectOf({ app, space, url }: Options): string {
  const { org } = deploymentFrom(process.env);
  return app === undefined ? (url ?? org) : [org, ...(space === undefined ? [] : [space]), app].join('/');
}

/** A check that couldn't be run is a result too; a mistake in the options is not. */
async function resultFor(options: Options, foundation: Foundation | undefined): Promise<Result> {
  try {
    return { rows: await rowsFor(options, foundation) };
  } catch (error) {
    const failure = inconclusiveOf(error);
    if (failure === undefined) throw error;
    return { rows: [], failure };
  }
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
