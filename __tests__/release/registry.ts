import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, waitFor } from '@space-egress/foundation/testing';
import { ensureNpmProgram } from './npm-program';

/** A registry of npm packages on this machine, with nothing in it and no other one behind it. */
export class Registry {
  /** @param folder is where it keeps everything */
  static async start(folder: string): Promise<Registry> {
    const program = await ensureNpmProgram({
      name: 'verdaccio',
      version: '5.33.0',
      // Asked for by a tag, which mirrors do not have.
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
    /** npm's settings of somebody who may publish there. */
    readonly npmrc: string,
    private readonly child: ChildProcess,
  ) {}

  /** The environment in which npm asks nobody else. */
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
