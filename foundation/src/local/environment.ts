import { found, readContainerFile } from '../cell/engine';
import { OWN_BUCKET, REGION } from '../internet/names';
import { connectEngine } from './engine';
import { DATA_DIR } from './container';
import { apiUrl, DEFAULT_NAME, type Plan, readPlan, requireName, resourceNames } from './plan';
import { labelsOf } from './inventory';

/** The logins that the foundation generated at its first start. */
export interface Credentials {
  readonly admin: Login;
  readonly deployer: Login;
  readonly s3: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Access {
  readonly name: string;
  readonly ports: Plan['ports'];
  readonly credentials: Credentials;
}

const CREDENTIALS_FILE = `${DATA_DIR}/credentials.json`;

/** Ports and passwords of a foundation that has been started before. */
export async function access(options: { readonly name?: string } = {}): Promise<Access> {
  const name = requireName(options.name ?? DEFAULT_NAME);
  const { docker } = await connectEngine();
  const names = resourceNames(name);
  const volume = await found(docker.getVolume(names.volume).inspect());
  const file = volume && (await readContainerFile(docker.getContainer(names.container), CREDENTIALS_FILE));
  if (!volume || !file) throw new Error(`foundation ${name} is not up: run "space-egress local up --name ${name}"`);
  const { ports } = readPlan(name, labelsOf(volume));
  return { name, ports, credentials: JSON.parse(file.toString('utf8')) as Credentials };
}

/** The variables that make the provider and the stack deploy to a foundation as its deployer. */
export async function environment(options: { readonly name?: string } = {}): Promise<Record<string, string>> {
  return environmentOf(await access(options));
}

export function environmentOf({ name, ports, credentials }: Access): Record<string, string> {
  const { deployer, s3 } = credentials;
  return {
    EGRESS_FOUNDATION: name,
    CF_API_URL: apiUrl(ports),
    CF_USER: deployer.username,
    CF_PASSWORD: deployer.password,
    EGRESS_ROUTER_URL: `http://127.0.0.1:${ports.router}`,
    EGRESS_REGISTRY: `localhost:${ports.registry}`,
    EGRESS_BUCKET: OWN_BUCKET,
    EGRESS_REGION: REGION,
    TF_VAR_s3_access_key_id: s3.accessKeyId,
    TF_VAR_s3_secret_access_key: s3.secretAccessKey,
  };
}

/** The variables as lines for a shell's `eval`. */
export function shellExports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
