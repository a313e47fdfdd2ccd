import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, waitFor } from '@space-egress/foundation/testing';
import { Cache } from '../../tools/cache';
import { run } from '../../tools/command';

/** An empty npm registry on this machine, without an upstream. */
export class Registry {
  /** @param folder where it stores everything */
  static async start(folder: string): Promise<Registry> {
    const program = await ensureNpmProgram({
      name: 'verdaccio',
      version: '5.33.0',
      // By default, it requests a tag, which mirrors don't have.
      overrides: { 'node-fetch': '2.7.0' },
      mebibytes: 120,
    });
    const url = `http://127.0.0.1:${await freePort()}`;
    const config = join(folder, 'registry.yaml');
    writeFileSync(config, CONFIGURATION);
    const verdaccio = join(program, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
    const child = spawn(process.execPath, [verdaccio, '--config', config, '--listen', url], { stdio: 'ignore' });
    await waitFor(async () => {
      const answer = await fetch(`${url}/-/ping`).catch(() => undefined);
      return answer?.ok === true;
    }, 'the registry');
    const reply = await fetch(`${url}/-/user/org.couchdb.user:maintainer`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'maintainer', password: 'of-this-test-alone' }),
    });
    const { token } = (await reply.json()) as { token: string };
    const npmrc = join(folder, 'npmrc');
    writeFileSync(npmrc, `registry=${url}/\n//${new URL(url).host}/:_authToken=${token}\n`);
    return new Registry(url, npmrc, child);
  }

  private constructor(
    readonly url: string,
    /** npm's settings for an account that can publish there. */
    readonly npmrc: string,
    private readonly child: ChildProcess,
  ) {}

  /** An environment in which npm uses only this registry. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, npm_config_userconfig: this.npmrc, npm_config_registry: `${this.url}/` };
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}

const CONFIGURATION = `
storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages: { '**': { access: $all, publish: $authenticated } }
max_body_size: 50mb
log: { type: stdout, level: fatal }
`;

/** A program from npm that is too heavy to be a dependency for a test that runs before a release. */
interface NpmProgram {
  readonly name: string;
  readonly version: string;
  /** Versions of packages that it depends on. @default - the ones that it asks for */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Upper estimate. */
  readonly mebibytes: number;
}

/** The folder with the installed program, which is downloaded once per machine. */
export function ensureNpmProgram({ name, version, overrides = {}, mebibytes }: NpmProgram): Promise<string> {
  const manifest = JSON.stringify({ private: true, dependencies: { [name]: version }, overrides });
  const tool = name.replace(/^@.*\//, '');
  return new Cache().ensure({ tool, version, inputs: [manifest], bytes: mebibytes * 2 ** 20 }, async (folder) => {
    writeFileSync(join(folder, 'package.json'), manifest);
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]);
  });
}
