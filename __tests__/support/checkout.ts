import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';

const COPIED = ['main.ts', 'config.ts', 'demo.ts', 'synthesize.ts', 'cdktf.json', 'package.json', 'tsconfig.json'];
const LINKED = ['constructs', 'provider', 'squid', 'app', 'node_modules'];

/** A text in `main.ts`, and its replacement. */
export type Edit = readonly [from: string, to: string];

/** The example's program in a separate folder, so that it can be changed as in a pull request. */
export class Checkout {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    LINKED.filter((name) => !existsSync(join(folder, name))).forEach((name) => {
      symlinkSync(join(REPOSITORY, name), join(folder, name));
    });
    this.restore();
  }

  get program(): string {
    return readFileSync(join(this.folder, 'main.ts'), 'utf8');
  }

  /** Writes `main.ts` as in the repository, with these edits. */
  edit(...edits: readonly Edit[]): void {
    this.restore();
    const text = edits.reduce((before, [from, to]) => {
      if (!before.includes(from)) {
        throw new Error(`main.ts has no '${from}' to edit`);
      }
      return before.replace(from, () => to);
    }, this.program);
    writeFileSync(join(this.folder, 'main.ts'), text);
  }

  restore(): void {
    COPIED.forEach((name) => {
      copyFileSync(join(REPOSITORY, name), join(this.folder, name));
    });
  }
}
