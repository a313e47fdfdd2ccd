import { strToU8, zipSync } from 'fflate';
import { accountFrom, CloudFoundry } from '../../../cli/cloud-foundry';

interface HandPush {
  readonly org: string;
  readonly space: string;
  readonly name: string;
  /** The manifest in YAML, as it is next to the code. */
  readonly manifest: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Does what `cf push` does: the manifest, the files, a build, and a start. Resolves with the application's GUID. */
export async function push(env: NodeJS.ProcessEnv, { org, space, name, manifest, files }: HandPush): Promise<string> {
  const cloud = await CloudFoundry.login(accountFrom(env));
  const spaceGuid = await cloud.spaceGuid(org, space);
  const authorization = await authorize(env);
  const api = env.CF_API_URL ?? '';
  const applied = await fetch(`${api}/v3/spaces/${spaceGuid}/actions/apply_manifest`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-yaml' },
    body: manifest,
  });
  await cloud.until(new URL(applied.headers.get('location') ?? '').pathname, ({ state }) => state === 'COMPLETE');

  const app = await cloud.appGuid(org, space, name);
  const relationships = { app: { data: { guid: app } } };
  const { guid: bits } = await cloud.post('/v3/packages', { type: 'bits', relationships });
  const form = new FormData();
  const zip = zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])));
  form.append('bits', new Blob([Buffer.from(zip)]), 'package.zip');
  await fetch(`${api}/v3/packages/${bits}/upload`, { method: 'POST', headers: { authorization }, body: form });
  await cloud.until(`/v3/packages/${bits}`, ({ state }) => state === 'READY');
  const { guid: build } = await cloud.post('/v3/builds', { package: { guid: bits } });
  const built = await cloud.until(`/v3/builds/${build}`, ({ state }) => state === 'STAGED' || state === 'FAILED');
  const { droplet } = built as unknown as { droplet?: { guid: string } };
  if (droplet === undefined) throw new Error(`${name} can't be staged: ${JSON.stringify(built.error)}`);
  await cloud.patch(`/v3/apps/${app}/relationships/current_droplet`, { data: { guid: droplet.guid } });
  await cloud.post(`/v3/apps/${app}/actions/start`, {});
  return app;
}

interface ServerPush extends Pick<HandPush, 'org' | 'space' | 'name'> {
  /** A program for Node.js that listens on PORT. */
  readonly program: string;
}

/** A server with a route of the same name. */
export function pushServer(env: NodeJS.ProcessEnv, { org, space, name, program }: ServerPush): Promise<string> {
  const manifest = `applications:
- name: ${name}
  memory: 128M
  buildpacks: [nodejs_buildpack]
  command: node server.js
  routes: [{route: ${name}.apps.localhost}]
`;
  const files = { 'server.js': program, 'package.json': JSON.stringify({ name, version: '1.0.0' }) };
  return push(env, { org, space, name, manifest, files });
}

/** Does what `cf add-network-policy` does. */
export async function allow(env: NodeJS.ProcessEnv, source: string, destination: string, port: number): Promise<void> {
  const ports = { start: port, end: port };
  const policies = [{ source: { id: source }, destination: { id: destination, protocol: 'tcp', ports } }];
  const response = await fetch(`${env.CF_API_URL ?? ''}/networking/v1/external/policies`, {
    method: 'POST',
    headers: { authorization: await authorize(env), 'content-type': 'application/json' },
    body: JSON.stringify({ policies }),
  });
  if (!response.ok) throw new Error(`no policy: ${response.status} ${await response.text()}`);
}

async function authorize(env: NodeJS.ProcessEnv): Promise<string> {
  const { user, password } = accountFrom(env);
  const response = await fetch(`${env.CF_API_URL ?? ''}/uaa/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('cf:').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'password', username: user, password }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return `bearer ${token}`;
}
