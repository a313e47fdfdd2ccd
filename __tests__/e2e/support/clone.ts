import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down } from '@space-egress/foundation';
import { REPOSITORY } from '../../../tools/platform';

const POLL_MS = 20;

export interface End {
  readonly code: number | null;
  /** Both streams, in the order in which they were printed. */
  readonly output: string;
}

/** The repository as a fresh clone: nothing installed, nothing built, and with a separate foundation. */
export class Clone {
  /** Clones the commit that is checked out here, without uncommitted changes. */
  static make(foundation: string): Clone {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'space-egress-clone-')));
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', REPOSITORY, folder]);
    return new Clone(folder, foundation);
  }

  private constructor(
    readonly folder: string,
    readonly foundation: string,
  ) {}

  /** Runs an npm command, and presses Ctrl-C when the condition is true: a signal to the whole process group. */
  async npm(args: readonly string[], interruptWhen?: () => boolean): Promise<End> {
    const child = spawn('npm', args, {
      cwd: this.folder,
      env: this.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const add = (text: string): void => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    const end = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const watch =
      interruptWhen &&
      setInterval(() => {
        if (!interruptWhen()) return;
        clearInterval(watch);
        process.kill(-(child.pid ?? 0), 'SIGINT');
      }, POLL_MS);
    try {
      return { code: await end, output };
    } finally {
      clearInterval(watch);
    }
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.folder, encoding: 'utf8' });
  }

  /** All files that git doesn't track, including ignored ones. */
  get foreignFiles(): readonly string[] {
    const status = this.git('status', '--porcelain', '--ignored').split('\n');
    return status.filter((line) => line !== '').map((line) => line.slice(3));
  }

  /** Call it after failures too. */
  async remove(): Promise<void> {
    await down({ name: this.foundation });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A user's environment, without the variables that jest and the tests' npm have set. */
  private get environment(): NodeJS.ProcessEnv {
    const ours = /^(npm_(?!config_)|EGRESS_|CF_|JEST_|NODE_ENV$|INIT_CWD$|FORCE_COLOR$)/;
    const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name));
    return { ...Object.fromEntries(inherited), EGRESS_FOUNDATION: this.foundation };
  }
}
