import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { Client as Api } from '../../testing/harness';

/** The password of one login, as the cf command asks for it. */
export async function oneTimeCode(api: Api): Promise<string> {
  const { headers } = await api.get('/uaa/oauth/authorize?response_type=code&client_id=ssh-proxy');
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
}

interface SshPlace {
  readonly host: string;
  readonly port: number;
  readonly fingerprint: string;
}

/** Where the foundation says that SSH answers. */
export async function sshPlace(api: Api): Promise<SshPlace> {
  const { links } = (await api.get('/')).body as {
    links: { app_ssh: { href: string; meta: { host_key_fingerprint: string } } };
  };
  const [host = '', port] = links.app_ssh.href.split(':');
  return { host, port: Number(port), fingerprint: links.app_ssh.meta.host_key_fingerprint };
}

/** Rejects where it is not let in. */
export async function login(api: Api, username: string, password: string, more: ConnectConfig = {}): Promise<Client> {
  return connect({ ...(await sshPlace(api)), username, password, ...more });
}

export async function connect(config: ConnectConfig): Promise<Client> {
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    client.once('close', () => {
      reject(new Error('the connection was closed'));
    });
    client.connect(config);
  });
  client.on('error', () => undefined);
  return client;
}

/** Undefined where it is not let in. */
export async function enter(api: Api, user: string): Promise<Client | undefined> {
  return login(api, user, await oneTimeCode(api)).catch(() => undefined);
}

export function run(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
}

/** What it prints on each stream, and how it ends. */
export async function resultOf(channel: ClientChannel): Promise<{ out: string; err: string; status: number }> {
  // The status of a short command may have come already; with the end, it comes when all has been read.
  const close = once(channel, 'close') as Promise<[number]>;
  const [out, err, [status]] = await Promise.all([text(channel), text(channel.stderr), close]);
  return { out, err, status };
}
