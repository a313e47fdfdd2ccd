import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { Client as Api } from '../../testing/harness';

/** A one-time password, requested like the cf CLI does. */
export async function oneTimeCode(api: Api): Promise<string> {
  const { headers } = await api.get('/uaa/oauth/authorize?response_type=code&client_id=ssh-proxy');
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
}

interface SshPlace {
  readonly host: string;
  readonly port: number;
  readonly fingerprint: string;
}

/** The SSH address from the API. */
export async function sshPlace(api: Api): Promise<SshPlace> {
  const { links } = (await api.get('/')).body as {
    links: { app_ssh: { href: string; meta: { host_key_fingerprint: string } } };
  };
  const [host = '', port] = links.app_ssh.href.split(':');
  return { host, port: Number(port), fingerprint: links.app_ssh.meta.host_key_fingerprint };
}

/** Rejects if the login fails. */
export async function login(api: Api, username: string, password: string, more: ConnectConfig = {}): Promise<Client> {
  return connect({ ...(await sshPlace(api)), username, password, ...more });
}

export async function connect(config: ConnectConfig): Promise<Client> {
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new Error('the connection was closed')));
    client.connect(config);
  });
  client.on('error', () => undefined);
  return client;
}

/** `undefined` if the login fails. */
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

/** The output on each stream, and the exit status. */
export async function resultOf(channel: ClientChannel): Promise<{ out: string; err: string; status: number }> {
  // A short command's status may have arrived already, but the channel ends only when everything has been read.
  const close = once(channel, 'close') as Promise<[number]>;
  const [out, err, [status]] = await Promise.all([text(channel), text(channel.stderr), close]);
  return { out, err, status };
}
