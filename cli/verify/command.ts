import { Command } from 'commander';
import { deploymentFrom } from '../deployment';
import { type Foundation, localOptions, readOutputs, remoteOptions } from './options';
import { printRows } from './print';
import { verify } from './verify';

interface Options {
  readonly outputs: string;
  readonly url?: string;
  readonly proxy?: string;
  readonly json: boolean;
}

/** @param foundation is there in a checkout only */
export function verifyCommand(foundation?: Foundation): Command {
  return new Command('verify')
    .description('send requests through the deployed system and say what came of them; exit code 1 if one differs')
    .option('-o, --outputs <file>', 'what "cdktf deploy --outputs-file" wrote', 'cdktf.outputs.json')
    .option('-u, --url <url>', "the application's public address, instead of the outputs")
    .option('-p, --proxy <url>', "the proxy's address, with --url", 'http://egress-proxy.apps.internal:3128')
    .option('--json', 'for programs', false)
    .action(async ({ outputs: file, url, proxy, json }: Options) => {
      const outputs = url === undefined ? readOutputs(file) : { app_url: url, proxy_address: proxy ?? '' };
      const options =
        foundation === undefined || process.env.EGRESS_FOUNDATION === undefined
          ? remoteOptions(outputs)
          : await localOptions(process.env, deploymentFrom(process.env), outputs, foundation);
      const rows = await verify(options);
      const text = json
        ? JSON.stringify(rows, null, 2)
        : printRows(rows, process.stdout.isTTY ? process.stdout.columns : 80).join('\n');
      process.stdout.write(`${text}\n`);
      if (rows.some((row) => !row.ok)) {
        process.exitCode = 1;
      }
    });
}
