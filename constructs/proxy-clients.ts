import {
  AnyMap,
  anyToHclTerraform,
  Fn,
  hashMapperHcl,
  Op,
  TerraformResource,
  type TerraformResourceLifecycle,
  Token,
} from 'cdktf';
import type { Construct } from 'constructs';
import { checkKnown, isToken, resolvedOnce } from './private/tokens';
import { Allowlist, type AllowlistEntry, type Audit } from './values/allowlist';
import { checkLabel } from './values/host-name';
import { LEAST_DIFFERENT_CHARACTERS, LEAST_SEED_CHARACTERS } from './values/limits';
import { toVariables } from './values/environment';
import type { HostOfService } from './values/service-destination';

/**
 * Enough for a long random password. With a higher cost, a client that guesses could delay everyone's first request.
 */
const BCRYPT_COST = 5;
const BCRYPT_LENGTH = 60;
const CREDENTIALS = 'EGRESS_CREDENTIALS';
const LISTS = 'EGRESS_CLIENTS';
/** Without a line in the list of credentials, everyone can use the proxy; with this one, nobody can. */
const NOBODY = '# nobody';

/**
 * The environment of a proxy without a seed. It sets these variables explicitly, because the instances of a deployment
 * keep a variable that is only left out: a proxy would still require credentials after its seed was removed.
 *
 * @see https://github.com/cloudfoundry/terraform-provider-cloudfoundry/issues/138
 */
export const ASKS_NOBODY: Readonly<Record<string, string>> = {
  ...toVariables(CREDENTIALS, []),
  ...toVariables(LISTS, []),
};

/** The versions of a client's password that the proxy accepts. */
export interface CredentialVersions {
  /**
   * Any word in lowercase letters and digits. Each version has a different password.
   *
   * @default '1'
   */
  readonly version?: string;
  /**
   * The previous version, which stays valid until every user of the old password has the new one.
   *
   * @default - none
   */
  readonly previous?: string;
}

/** What one client of a proxy with a seed can reach, and with which password. */
export interface ClientAccess {
  /**
   * What this client can reach in addition to the shared list.
   *
   * @default - nothing more
   */
  readonly allow?: readonly AllowlistEntry[];
  /**
   * Allows this client all public destinations, and logs what its list would have refused.
   *
   * @default - requests for anything that isn't listed are refused
   */
  readonly audit?: Audit;
  /**
   * Which passwords of the client are valid.
   *
   * @default - version 1
   */
  readonly credentials?: CredentialVersions;
}

/** A client's user name and password. */
export interface ProxyCredentials {
  /** The client's name and the version: `web.1`. */
  readonly username: string;
  /** A sensitive value: a token that stays marked wherever it is used. */
  readonly password: string;
}

interface User extends ProxyCredentials {
  /** A token. */
  readonly hash: string;
}

interface Client {
  readonly owner: string;
  readonly versions: readonly string[];
  readonly allowlist: Allowlist;
}

/**
 * The clients of a proxy that requires credentials. Nobody creates passwords: the engine derives them from the seed,
 * the proxy, the client's name, and a version, and they stay marked as sensitive. The proxy gets only hashes.
 */
export class ProxyClients {
  private readonly clients = new Map<string, Client>();
  private readonly users = new Map<string, User>();
  private readonly keys: Readonly<Record<'inner' | 'outer', string>>;
  /** If the seed is known only at apply, the engine checks it then. */
  private readonly precondition: { readonly condition: string; readonly errorMessage: string };

  /** @param names of the proxy, its space, and its organization: two proxies with one seed have different passwords */
  constructor(
    private readonly scope: Construct,
    seed: string,
    names: readonly string[],
  ) {
    if (!isToken(seed) && seed.includes('${')) {
      throw new Error(
        `the seed of ${scope.node.path} is the text of an expression, from which everybody could derive the passwords: ` +
          'pass the stringValue of a sensitive TerraformVariable',
      );
    }
    const tooWeak =
      `the seed of ${scope.node.path} has fewer than ${LEAST_SEED_CHARACTERS} characters, or fewer than ` +
      `${LEAST_DIFFERENT_CHARACTERS} different ones: make one with openssl rand -hex 32`;
    if (!isToken(seed) && (seed.length < LEAST_SEED_CHARACTERS || new Set(seed).size < LEAST_DIFFERENT_CHARACTERS)) {
      throw new Error(tooWeak);
    }
    const key = (use: string): string => resolvedOnce(Fn.sha256(Fn.jsonencode([use, seed, ...names])));
    this.keys = { inner: key('inner'), outer: key('outer') };
    this.precondition = {
      condition: resolvedOnce(Token.asString(Op.and(isLong(seed), isMixed(seed)))),
      errorMessage: tooWeak,
    };
  }

  /**
   * @param owner the path of the client's construct, which can add to its own list but not to another's
   */
  add(name: string, owner: string, access: ClientAccess): ProxyCredentials {
    checkKnown(this.scope, `the name of the client ${owner}`, name, 'the proxy knows it by that (option client)');
    checkLabel(name, `${owner}: client `);
    const { version = '1', previous } = access.credentials ?? {};
    const versions = [...new Set([previous ?? version, version])];
    for (const each of versions) checkVersion(this.scope, name, each);
    const known = this.clients.get(name);
    if (known !== undefined && known.owner !== owner) {
      throw new Error(
        `${owner} and ${known.owner} are both the client '${name}' of ${this.scope.node.path}, and would have one list and ` +
          'one password: give one of them another name with the option client',
      );
    }
    if (known !== undefined && known.versions.join() !== versions.join()) {
      throw new Error(
        `client '${name}' has the credentials ${versions.join(', ')} here and ${known.versions.join(', ')} elsewhere: ` +
          'say the same version and previous in both places',
      );
    }
    const { allowlist } = known ?? { allowlist: new Allowlist() };
    allowlist.add(...(access.allow ?? []));
    if (access.audit !== undefined) allowlist.audit(access.audit);
    this.clients.set(name, { owner, versions, allowlist });
    const users = versions.map((each) => this.user(`${name}.${each}`));
    const { username, password } = users.at(-1) as User;
    return { username, password };
  }

  /** Each client's own list, in the proxy's format. */
  get lines(): string[] {
    return [...this.clients]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { allowlist }]) => allowlist.lines().map((line) => `${name} ${line}`));
  }

  /** The hosts that their lists refer to by variables. */
  get hosts(): HostOfService[] {
    return [...this.clients.values()].flatMap(({ allowlist }) => allowlist.hosts());
  }

  /** The size of {@link environment}, including the hashes, which aren't known at synth. */
  get bytes(): number {
    const credentials = [...this.users.keys()].reduce((sum, user) => sum + user.length + 1 + BCRYPT_LENGTH + 1, 0);
    return this.lines.reduce((sum, line) => sum + line.length + 1, credentials);
  }

  environment(): Record<string, string> {
    const users = [...this.users.values()].sort((a, b) => (a.username < b.username ? -1 : 1));
    const credentials = users.map(({ username, hash }) => `${username} ${hash}`);
    return {
      ...toVariables(
        CREDENTIALS,
        users.length === 0 ? [NOBODY] : credentials,
        (line) => line.indexOf(' ') + 1 + BCRYPT_LENGTH,
      ),
      ...toVariables(LISTS, this.lines),
    };
  }

  /**
   * The password is a keyed hash of the user's name, nested as in HMAC, which the engines don't have. Its two keys are
   * one block of SHA-256 each, and no password can be computed from another.
   *
   * Bcrypt uses a new salt for each call, so the first hash is kept until the seed changes. Only the hash goes through
   * that resource, because its output is no longer marked as sensitive.
   *
   * @see https://www.rfc-editor.org/rfc/rfc2104
   */
  private user(username: string): User {
    const known = this.users.get(username);
    if (known !== undefined) return known;
    const inner = Fn.sha256(Fn.join('', [this.keys.inner, username]));
    const password = resolvedOnce(Fn.sha256(Fn.join('', [this.keys.outer, inner])));
    const kept = new KeptValue(this.scope, `Credential-${username}`, {
      input: { hash: Fn.bcrypt(password, BCRYPT_COST) },
      triggersReplace: { password: Fn.substr(Fn.sha256(Fn.join(':', ['fingerprint', password])), 0, 16) },
      lifecycle: { ignoreChanges: ['input'], precondition: [this.precondition] },
    });
    const user = { username, password, hash: String(kept.output.lookup('hash')) };
    this.users.set(username, user);
    return user;
  }
}

const isLong = (seed: string) => Op.gte(Fn.lengthOf(seed), LEAST_SEED_CHARACTERS);
const isMixed = (seed: string) => Op.gte(Fn.lengthOf(Fn.distinct(Fn.split('', seed))), LEAST_DIFFERENT_CHARACTERS);

function checkVersion(scope: Construct, client: string, version: string): void {
  checkKnown(
    scope,
    `a version of the credentials of client '${client}'`,
    version,
    "it is part of the client's user name",
  );
  if (!/^[a-z0-9]{1,20}$/.test(version)) {
    throw new Error(
      `'${version}' is not a version of credentials: write up to 20 lowercase letters and digits, as in '2'`,
    );
  }
}

interface KeptValueProps {
  readonly input: Readonly<Record<string, string>>;
  /** A change replaces the resource, which takes the input again. */
  readonly triggersReplace: Readonly<Record<string, string>>;
  readonly lifecycle: TerraformResourceLifecycle;
}

/**
 * A value that the state keeps, as a `terraform_data` resource. cdktf's own class for it runs `terraform version` for
 * each one: three hundred took half a minute, and without Terraform in the PATH, nothing was synthesized. Every engine
 * that can run the provider has the resource.
 */
export class KeptValue extends TerraformResource {
  static readonly tfResourceType = 'terraform_data';

  /** The input at the time when the value was stored. */
  readonly output = new AnyMap(this, 'output');
  private readonly kept: Pick<KeptValueProps, 'input' | 'triggersReplace'>;

  constructor(scope: Construct, id: string, { lifecycle, ...kept }: KeptValueProps) {
    super(scope, id, {
      terraformResourceType: KeptValue.tfResourceType,
      terraformGeneratorMetadata: { providerName: 'terraform' },
      lifecycle,
    });
    this.kept = kept;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const { input, triggersReplace } = this.kept;
    return { input, triggers_replace: triggersReplace };
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    const toHcl = hashMapperHcl(anyToHclTerraform);
    const { input, triggersReplace } = this.kept;
    return { input: toHcl(input), triggers_replace: toHcl(triggersReplace) };
  }
}
