import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import {
  type FileEntry,
  engineMessage,
  found,
  FrameReader,
  putFiles,
  removeContainer,
  statusCode,
} from '../cell/engine';
import { LABEL } from '../cell/labels';
import { REVISION_LABEL, revisionOf } from '../internet/support-containers';
import { addressAt } from '../ipv4';
import { type Settings, SETTINGS_VARIABLE } from '../settings';
import { requireFree } from './choose-plan';
import type { Engine } from './engine';
import { apiUrl, resourceNames } from './plan';

export const DATA_DIR = '/var/lib/foundation';
const SOCKET = '/var/run/docker.sock';
/** Path in the data folder. Written before the container starts, since Node.js reads it only then. */
const HOST_CERTIFICATES = 'ca/host-extra.crt';
/** The foundation's offset in the overlay, where instances use its DNS server. */
const FOUNDATION = 2;

interface ContainerInput {
  readonly settings: Settings;
  /** The path of the container engine's socket, as the engine sees it. */
  readonly socket: string;
  /** Certificates, in PEM, that the machine trusts in addition to the public ones. */
  readonly hostCertificates: string;
}

/** The options of the foundation's own container. */
export function foundationContainer(input: ContainerInput): Docker.ContainerCreateOptions {
  const { settings, socket } = input;
  const { name, image, overlay, ports } = settings;
  const names = resourceNames(name);
  const published = [ports.api, ports.router, ...(ports.ssh === undefined ? [] : [ports.ssh])];
  const labels = { [LABEL.foundation]: name, [LABEL.role]: 'foundation' };
  return {
    name: names.container,
    Image: image,
    Env: [
      `${SETTINGS_VARIABLE}=${JSON.stringify(settings)}`,
      // The npm registry may have a certificate of a company's own authority.
      `NODE_EXTRA_CA_CERTS=${DATA_DIR}/${HOST_CERTIFICATES}`,
    ],
    ExposedPorts: Object.fromEntries(published.map((port) => [`${port}/tcp`, {}])),
    NetworkingConfig: {
      EndpointsConfig: { [overlay.network]: { IPAMConfig: { IPv4Address: addressAt(overlay.cidr, FOUNDATION) } } },
    },
    HostConfig: {
      NetworkMode: overlay.network,
      PortBindings: Object.fromEntries(
        published.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(port) }]]),
      ),
      Mounts: [
        { Type: 'volume', Source: names.volume, Target: DATA_DIR },
        { Type: 'bind', Source: socket, Target: SOCKET },
      ],
      CapDrop: ['ALL'],
      // Four times an instance's, so one that keeps every core busy doesn't slow the router for the others.
      CpuShares: 4096,
      // SELinux denies confined containers access to the engine's socket.
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
    },
    Labels: { ...labels, [REVISION_LABEL]: revisionOf(input) },
  };
}

const ANSWER_LIMIT = 60_000;
const ANSWER_TIMEOUT = 2000;
const POLL = 50;
const LOG_LINES = 20;

/** Ensures that the foundation's container runs; true if it had to be created or started. */
export async function ensureFoundation(engine: Engine, settings: Settings, certificates: string): Promise<boolean> {
  const { docker, socket } = engine;
  const options = foundationContainer({ settings, socket, hostCertificates: certificates });
  const container = docker.getContainer(resourceNames(settings.name).container);
  const existing = await found(container.inspect());
  const current = existing?.Config.Labels[REVISION_LABEL] === options.Labels?.[REVISION_LABEL];
  if (existing && !current) {
    // Applications keep running; what needs the foundation waits until the new one is up.
    await container.stop({ t: 10 }).catch(ignoreStopped);
    await removeContainer(docker, existing.Id);
  }
  if (!existing || !current) {
    const created = await docker.createContainer(options).catch((error: unknown) => {
      if (statusCode(error) !== 409) throw error;
      throw new Error(`foundation ${settings.name} is being started by another command: wait for it and try again`);
    });
    await putFiles(created, '/', [hostCertificatesEntry(certificates)]);
  }
  const started = !(existing?.State.Running && current);
  if (started) await startContainer(docker, container, settings);
  await untilAnswering(container, apiUrl(settings.ports));
  return started;
}

function hostCertificatesEntry(content: string): FileEntry {
  return { name: join(DATA_DIR, HOST_CERTIFICATES).slice(1), content };
}

function ignoreStopped(error: unknown): void {
  if (statusCode(error) !== 304) throw error;
}

async function startContainer(docker: Docker, container: Docker.Container, { ports }: Settings): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    const message = engineMessage(error);
    const port = Object.values(ports).find((candidate) => message.includes(`:${candidate}`));
    if (port !== undefined) await requireFree(docker, [port], 'free it and run "space-egress local up" again');
    throw new Error(`the foundation's container did not start: ${message}`, { cause: error });
  }
}

async function untilAnswering(container: Docker.Container, url: string): Promise<void> {
  const deadline = Date.now() + ANSWER_LIMIT;
  while (!(await answers(url))) {
    const { State: state } = await container.inspect();
    if (!state.Running) {
      throw new Error(
        `the foundation ended with status ${state.ExitCode}; its last lines:\n${await lastLines(container)}`,
      );
    }
    if (Date.now() > deadline) {
      throw new Error(
        `the foundation's API at ${url} did not answer in 60 s; its last lines:\n${await lastLines(container)}`,
      );
    }
    await wait(POLL);
  }
}

/** Uses a new connection each time, since one may break while the foundation starts. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/foundation/v1/revision`, { agent: false, timeout: ANSWER_TIMEOUT }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => {
      request.destroy();
    });
    request.once('error', () => resolve(false));
    request.once('close', () => resolve(false));
  });
}

async function lastLines(container: Docker.Container): Promise<string> {
  const log = await container.logs({ stdout: true, stderr: true, tail: LOG_LINES });
  return [...new FrameReader().push(log)]
    .map(({ payload }) => payload.toString('utf8'))
    .join('')
    .trimEnd();
}
