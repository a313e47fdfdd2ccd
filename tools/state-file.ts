import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, reasonOf } from './failure';

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: { readonly id?: string; readonly org?: string } }[];
  }[];
}

/** Whether the present state tells of the foundation it is wanted for, and what was done if it did not. */
export type Selection = 'its own' | 'another set aside' | 'its own brought back';

/**
 * The local state of a stack. It describes one foundation: of one that is gone nothing in it can be read any more, and
 * another one would be described wrongly. An organization's guid tells them apart, whatever their names are.
 */
export class StateFile {
  private readonly path: string;

  constructor(
    private readonly folder: string,
    private readonly stack: string,
  ) {
    this.path = join(folder, `terraform.${stack}.tfstate`);
  }

  get holdsResources(): boolean {
    return (this.read()?.resources.length ?? 0) > 0;
  }

  /** The organization in which the stack's spaces lie; undefined where it has none. */
  get organization(): string | undefined {
    const resources = this.read()?.resources ?? [];
    const guids = (type: string, attribute: 'id' | 'org'): (string | undefined)[] =>
      resources
        .filter((resource) => resource.type === type)
        .flatMap(({ instances }) => instances.map(({ attributes }) => attributes[attribute]));
    return [...guids('cloudfoundry_space', 'org'), ...guids('cloudfoundry_org', 'id')].find(Boolean);
  }

  /** Puts a state of another organization aside, and takes this one's back if it lies there. */
  select(organization: string): Selection {
    const present = this.organization;
    if (present !== undefined && present !== organization) renameSync(this.path, this.aside(present));
    const aside = this.aside(organization);
    if (existsSync(aside) && !this.holdsResources) {
      renameSync(aside, this.path);
      return 'its own brought back';
    }
    return present === undefined || present === organization ? 'its own' : 'another set aside';
  }

  /** With what the engine and cdktf keep beside it. */
  remove(): void {
    [this.path, `${this.path}.backup`, join(this.folder, `.terraform.${this.stack}.tfstate.lock.info`)].forEach(
      (file) => {
        rmSync(file, { force: true });
      },
    );
  }

  /** States of foundations that this checkout was used with besides the present one. */
  removeAside(): void {
    const name = new RegExp(`^terraform\\.${this.stack}\\.[0-9a-f-]{36}\\.tfstate$`);
    readdirSync(this.folder)
      .filter((file) => name.test(file))
      .forEach((file) => {
        rmSync(join(this.folder, file));
      });
  }

  private aside(organization: string): string {
    return join(this.folder, `terraform.${this.stack}.${organization}.tfstate`);
  }

  private read(): State | undefined {
    if (!existsSync(this.path)) return undefined;
    try {
      return JSON.parse(readFileSync(this.path, 'utf8')) as State;
    } catch (error) {
      throw new Failure(
        `${this.path} is not a state`,
        reasonOf(error),
        'restore it from the backup beside it, or remove it and run npm run down',
      );
    }
  }
}
