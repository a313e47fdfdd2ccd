import { randomBytes } from 'node:crypto';
import { dayOf } from '../../constructs/values/day';
import { addresses } from '../../review/model/addresses';
import { factsOf } from '../../review/readers/resources';
import { Model } from '../../review/model/model';
import type { Answer } from '../../review/model/reach';
import { readPlatform } from '../../review/readers/live';
import type { CloudFoundry } from '../cloud-foundry';
import { endOf, Inconclusive, type Cause } from './inconclusive';
import { questionsFor, type Asked, type Host } from './questions';
import type { Row } from './result';
import { hasEnded, readAnswers, taskCommands, type Line, type Seen } from './task-script';
import { TASK_MEMORY_MB } from '../limits';

interface AppOptions {
  readonly org: string;
  readonly app: string;
  /** @default - the only space of the organization that has an application with that name */
  readonly space?: string;
  readonly more: readonly Host[];
}

const POLL_MS = 200;
/** How long a task's last line may arrive after the task has ended. */
const LOG_MS = 15_000;

/**
 * Tests what any application can reach, from inside: as a task with the application's own image, security groups,
 * policies and variables, without affecting running instances. What is expected is read from the platform: the groups,
 * the policies, and the proxy's allowlist.
 *
 * @see https://docs.cloudfoundry.org/devguide/using-tasks.html
 */
export async function verifyApp(cloud: CloudFoundry, options: AppOptions): Promise<readonly Row[]> {
  const { app, space, spaces } = await find(cloud, options);
  const model = new Model(factsOf(await readPlatform(cloud, spaces)), dayOf(new Date()));
  const application = model.applications.get(`${options.org}/${space}/${options.app}`);
  if (application === undefined) {
    throw new Inconclusive('no permission', `${options.app} of space ${space} can't be read`);
  }
  const asked = questionsFor(model, application, options.more);
  const lines: Line[] = [];
  for (const command of taskCommands(asked)) {
    lines.push(...(await run(cloud, app, command)));
  }
  const answers = readAnswers(lines);
  const resolves = [...answers.values()].some(({ address }) => address !== undefined);
  return asked
    .map((question, index) => rowOf(options.app, question, answers.get(index), resolves))
    .sort((a, b) => a.number - b.number);
}

interface Found {
  readonly app: string;
  readonly space: string;
  /** Everything in the organization that the account can see, as ids. */
  readonly spaces: readonly string[];
}

interface List {
  readonly resources: readonly {
    readonly guid: string;
    readonly name: string;
    readonly relationships: { readonly space?: { readonly data: { readonly guid: string } } };
  }[];
}

async function find(cloud: CloudFoundry, { org, app, space }: AppOptions): Promise<Found> {
  const organization = await cloud.organizationGuid(org);
  const list = async (path: string): Promise<List['resources']> =>
    ((await cloud.get(`${path}&per_page=5000`)) as unknown as List).resources;
  const spaces = await list(`/v3/spaces?organization_guids=${organization}`);
  const apps = await list(`/v3/apps?names=${encodeURIComponent(app)}&organization_guids=${organization}`);
  const found = apps
    .map(({ guid, relationships }) => ({
      guid,
      space: spaces.find((one) => one.guid === relationships.space?.data.guid)?.name ?? '',
    }))
    .filter((one) => space === undefined || one.space === space);
  const [first] = found;
  if (first === undefined) {
    throw new Error(`${space === undefined ? org : `space ${space} of ${org}`} has no application named '${app}'`);
  }
  if (found.length > 1) {
    throw new Error(
      `'${app}' is in the spaces ${found.map((one) => one.space).join(', ')}: choose one with --space NAME`,
    );
  }
  return { app: first.guid, space: first.space, spaces: spaces.map(({ name }) => `${org}/${name}`) };
}

/** What a task prints, once it is complete. */
async function run(cloud: CloudFoundry, app: string, command: string): Promise<readonly Line[]> {
  const name = `egress-verify-${randomBytes(4).toString('hex')}`;
  const since = new Date(Date.now() - 60_000);
  const { guid } = await cloud.post(`/v3/apps/${app}/tasks`, { name, command, memory_in_mb: TASK_MEMORY_MB });
  const end = await cloud.until(`/v3/tasks/${guid}`, ({ state }) => state === 'SUCCEEDED' || state === 'FAILED');
  const { failure_reason: reason } = end.result as { failure_reason: string | null };
  const deadline = Date.now() + LOG_MS;
  for (;;) {
    const lines = (await cloud.log(app, since)).filter(({ source }) => source === `APP/TASK/${name}`);
    if (hasEnded(lines)) return lines;
    if (end.state === 'FAILED' || Date.now() > deadline) {
      const said = lines.map(({ text }) => text).join('; ') || 'nothing';
      throw new Inconclusive(
        endOf(reason),
        `the task ${name} did not report what it saw (${reason ?? 'it succeeded'}); it printed: ${said}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const EXPECTED: Readonly<Record<Asked['way'], Readonly<Record<Answer, string>>>> = {
  direct: { yes: 'allowed', no: 'refused', unknown: 'unknown' },
  proxy: { yes: 'reached', no: 'refused by the proxy', unknown: 'unknown' },
};
/** Security groups refuse immediately. What is lost later, or isn't answered, was allowed out. */
const LET_OUT: readonly Seen['what'][] = ['connected', 'timed out', 'unreachable'];

function isAsExpected({ way }: Asked, expected: Answer, { what, status }: Seen): boolean {
  if (way === 'direct') return expected === 'yes' ? LET_OUT.includes(what) : what === 'refused';
  return expected === 'yes' ? status === 200 : status !== undefined && status >= 400 && status < 500;
}

/** Why an answer says nothing about the system. */
function unclear({ way }: Asked, expected: Answer, seen: Seen | undefined, resolves: boolean): Cause | undefined {
  if (seen === undefined) return 'task ended early';
  if (seen.what === 'not asked' || seen.what === 'unclear') return 'task cannot start';
  // If only the proxy's name isn't found, there is no such way; what a host would have answered is unknown.
  if (seen.what === 'no such name' && (way === 'direct' || !resolves)) return 'resolver does not answer';
  return expected === 'unknown' ? 'no permission' : undefined;
}

function rowOf(
  app: string,
  question: Asked,
  seen: (Seen & { readonly milliseconds: number }) | undefined,
  resolves: boolean,
): Row {
  const { way, host, port, number } = question;
  const expected = question.expected(numberOf(seen?.address));
  const what = `${app} → ${host}:${port}`;
  const inconclusive = unclear(question, expected, seen, resolves);
  const common = {
    number,
    what,
    way,
    expected: EXPECTED[way][expected],
    ...(inconclusive !== undefined && { inconclusive }),
  };
  return seen === undefined
    ? { ...common, seen: 'no answer', milliseconds: 0, ok: false }
    : {
        ...common,
        seen: describe(question, seen),
        ...(seen.status !== undefined && { status: seen.status }),
        milliseconds: seen.milliseconds,
        ok: inconclusive === undefined && isAsExpected(question, expected, seen),
      };
}

function describe({ way }: Asked, { what, status, said, address }: Seen): string {
  if (way === 'proxy' && status !== undefined) return status === 200 ? 'reached' : `${status} from the proxy`;
  if (what === 'not asked' || what === 'unclear') return `${what}: ${said}`;
  return address === undefined ? what : `${what} (${address})`;
}

function numberOf(address: string | undefined): number | undefined {
  try {
    return address === undefined ? undefined : addresses(address).ranges[0]?.[0];
  } catch {
    return undefined;
  }
}
