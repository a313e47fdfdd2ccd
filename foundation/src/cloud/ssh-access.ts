/**
 * Who may open an SSH session in which instances.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/ssh-apps.html
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from './clock';
import { type Actor, Access } from './permissions';
import type { Cloud } from './cloud';
import { recordInSpace } from './events';
import { currentProcess } from './processes';
import type { App, EventParty, Instance, Process } from './records';
import type { State } from './state';

/** Milliseconds, as in UAA. */
const LIFETIME = 300_000;
/** Beyond this number, the oldest codes are dropped, to bound memory. */
const MOST = 1000;
const BYTES = 16;

interface Issued {
  readonly actor: Actor;
  readonly until: number;
}

/**
 * One-time codes, which users log in to SSH with. A restart of the foundation invalidates them.
 *
 * @see https://docs.cloudfoundry.org/api/uaa/#authorization-code-grant
 */
export class OneTimeCodes {
  private readonly issued = new Map<string, Issued>();

  public constructor(private readonly clock: Clock) {}

  public issue(actor: Actor): string {
    const [oldest] = this.issued.keys();
    if (oldest !== undefined && this.issued.size >= MOST) this.issued.delete(oldest);
    const code = randomBytes(BYTES).toString('hex');
    this.issued.set(code, { actor, until: this.clock.elapsed() + LIFETIME });
    return code;
  }

  /** The user; `undefined` if the code was used, has expired, or was never issued. */
  public redeem(code: string): Actor | undefined {
    const found = this.issued.get(code);
    this.issued.delete(code);
    return found && this.clock.elapsed() < found.until ? found.actor : undefined;
  }
}

interface SshStatus {
  readonly enabled: boolean;
  /** Empty if SSH is enabled. */
  readonly reason: string;
}

export const sshStatus = (state: State, app: App): SshStatus => {
  const space = state.spaces.expect(app.spaceGuid);
  if (!space.sshAllowed) return { enabled: false, reason: `Disabled for space ${space.name}` };
  return app.sshEnabled ? { enabled: true, reason: '' } : { enabled: false, reason: 'Disabled for app' };
};

/** `cf:PROCESS/INDEX`, where an application's GUID means its web process. */
const USER = /^cf:([\w-]{1,100})\/(\d{1,6})$/;

const processNamed = (state: State, guid: string): Process | undefined =>
  state.processes.get(guid) ?? currentProcess(state, guid, 'web');

const STRANGER: EventParty = { guid: 'unknown-user-guid', type: 'user', name: 'unknown-user-email' };

/** The instance that the code gives access to as this user. Each attempt is an event of the application. */
export const enter = (cloud: Pick<Cloud, 'state' | 'codes' | 'transact'>, user: string, code: string) => {
  const { state } = cloud;
  const actor = cloud.codes.redeem(code);
  const [, guid = '', index = ''] = USER.exec(user) ?? [];
  const process = processNamed(state, guid);
  const app = state.apps.get(process?.appGuid);
  if (!process || !app) return undefined;
  const authorized = actor !== undefined && mayEnter(state, actor, app);
  const party = actor ? { guid: actor.userGuid, type: 'user', name: actor.userName } : STRANGER;
  cloud.transact((after) => {
    const type = `audit.app.ssh-${authorized ? 'authorized' : 'unauthorized'}`;
    const target = { guid: app.guid, type: 'app', name: app.name };
    recordInSpace(after, type, app.spaceGuid, target, { index: Number(index) }, party);
  });
  return authorized ? instanceAt(state, process, Number(index)) : undefined;
};

const mayEnter = (state: State, actor: Actor, app: App): boolean =>
  new Access(state, actor).inSpace('app:enter', app.spaceGuid) && sshStatus(state, app).enabled;

/** Decided when the container started, since that is when the server for SSH comes into it. */
const instanceAt = (state: State, { guid, desired }: Process, index: number): Instance | undefined =>
  desired?.sshEnabled === false
    ? undefined
    : state.instances.find(
        ({ processGuid, version, spec }) =>
          processGuid === guid && version === desired?.version && spec.index === index,
      );
