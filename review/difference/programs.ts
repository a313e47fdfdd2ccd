import { OTHER_APPLICATION, type Application, type Variable } from '../model/facts';
import { remember } from '../model/maps';
import type { Model } from '../model/model';
import type { Settings } from '../settings';
import type { Way } from '../report/ways';
import { ANY_CLIENT, both, stamp, type Change } from './change';

/**
 * New digests and tags are accepted without approval only for these repositories, and only within the same repository.
 */
export type Trust = Pick<Settings, 'imageRepositories'>;

/**
 * A different program in something that others go through: whatever its list says, the program decides. That includes
 * proxies, and any application that reaches more than its clients do.
 */
export function programChanges(before: Model, after: Model, { imageRepositories }: Trust): Change[] {
  const trusted = new Set(imageRepositories);
  return [...after.applications.values()].flatMap((now): Change[] => {
    const old = before.applications.get(now.id);
    if (old === undefined || now.program === undefined) return [];
    const found = [
      ...imageDifference(old, now, trusted),
      ...contentDifference(old, now, trusted),
      ...partsDifference(old, now),
      ...variableDifference(old, now),
    ];
    if (found.length === 0) return [];
    const token = stamp(JSON.stringify(found));
    const what = found.map(({ says }) => says).join(', ');
    const change = { verdict: 'unknown', way: 'program', via: now.id, what, token, origin: now.origin } as const;
    const who = concerned(before, after, now);
    return who.length === 0 ? [] : [{ ...change, who }];
  });
}

/** Ways that lead through another application. */
const THROUGH: ReadonlySet<Way> = new Set(['forward', 'policy', 'proxy']);

/**
 * Binds a way through a new application to the program that it runs. A new program isn't a row of its own, but whoever
 * approves the way has seen that program in the code, and not one that a later commit puts in its place.
 */
export function binderOfPrograms(
  before: Model,
  after: Model,
  { imageRepositories }: Trust,
): (change: Change) => Change {
  const trusted = new Set(imageRepositories);
  const known = new Map<string, string | undefined>();
  const newProgram = (id: string): string | undefined => {
    const now = after.applications.get(id);
    if (now === undefined || before.applications.has(id) || concerned(before, after, now).length === 0)
      return undefined;
    return programTold(now, trusted);
  };
  /** For an unknown application, which could be any of the new ones. */
  const anyNew = (): string | undefined => {
    const programs = [...after.applications.keys()].flatMap((id) => newProgram(id) ?? []);
    return programs.length === 0 ? undefined : programs.sort().join('\n');
  };
  return (change) => {
    const { way, via, token = '' } = change;
    if (via === undefined || !THROUGH.has(way)) return change;
    const program = remember(known, via, () => (via === OTHER_APPLICATION ? anyNew() : newProgram(via)));
    return program === undefined ? change : { ...change, token: stamp([token, program].join('\n')) };
  };
}

/** Stands for everything that an application runs, without what is shown line by line. */
function programTold(
  { program, environment, allowlist }: Application,
  trusted: ReadonlySet<string>,
): string | undefined {
  if (program === undefined) return undefined;
  const { image, content, parts } = program;
  const repository = typeof image === 'string' ? repositoryOf(image) : '';
  const others = [...environment].filter(([name]) => allowlist?.variables?.has(name) !== true);
  return stamp(
    JSON.stringify([
      trusted.has(repository) ? [repository] : [textOf(image), content],
      [...parts].sort(),
      others.map(([name, value]) => [name, textOf(value)]).sort(),
    ]),
  );
}

interface Difference {
  readonly says: string;
  readonly value: unknown;
}

function imageDifference(old: Application, now: Application, trusted: ReadonlySet<string>): Difference[] {
  const [had, has] = [old.program?.image, now.program?.image];
  if (textOf(had) === textOf(has)) return [];
  if (typeof had === 'string' && typeof has === 'string') {
    const repository = repositoryOf(has);
    if (repositoryOf(had) === repository && trusted.has(repository)) return [];
  }
  if (has === undefined) return [{ says: 'what a buildpack builds instead of an image', value: null }];
  if (typeof has !== 'string') return [{ says: `an unknown image (${has.because})`, value: has.token }];
  return [{ says: `the image ${has}`, value: has }];
}

/** Another image under the same name. */
function contentDifference(old: Application, now: Application, trusted: ReadonlySet<string>): Difference[] {
  const [had, has] = [old.program, now.program];
  const image = has?.image;
  if (has?.content === undefined || had?.content === has.content || typeof image !== 'string') return [];
  if (had?.image !== image || trusted.has(repositoryOf(image))) return [];
  return [{ says: `what is pushed as ${image}`, value: has.content }];
}

/** `registry.example:5000/team/proxy` of `registry.example:5000/team/proxy:1@sha256:...` */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}

function partsDifference(old: Application, now: Application): Difference[] {
  return compared(old.program?.parts ?? new Map<string, string>(), now.program?.parts ?? new Map<string, string>());
}

/**
 * A change of an allowlist is reported line by line if there was a list of the same kind before. Any other setting of a
 * proxy, and every setting of an application without a list, counts like a new program: it may preload a library or
 * send the log elsewhere.
 */
function variableDifference(old: Application, now: Application): Difference[] {
  const [had, has] = [old, now].map(({ allowlist }) => allowlist?.variables ?? new Set<string>());
  const alike = [...(had ?? [])].some((name) => has?.has(name) === true);
  const differs = (name: string): boolean => textOf(old.environment.get(name)) !== textOf(now.environment.get(name));
  const others = ({ environment, allowlist }: Application): Map<string, string> =>
    new Map(
      [...environment]
        .filter(([name]) => differs(name) && !(alike && allowlist?.variables?.has(name) === true))
        .map(([name, value]) => [`variable ${name}`, textOf(value) ?? '']),
    );
  const lost = old.allowlist !== undefined && now.allowlist === undefined;
  return [
    ...(lost ? [{ says: 'no list that the review can read', value: null }] : []),
    ...compared(others(old), others(now)),
  ];
}

function compared(had: ReadonlyMap<string, string>, has: ReadonlyMap<string, string>): Difference[] {
  return both(had, has)
    .filter((name) => had.get(name) !== has.get(name))
    .map((name) => ({
      says: `${had.has(name) ? (has.has(name) ? 'another' : 'no') : 'a'} ${name}`,
      value: [name, has.get(name) ?? null],
    }));
}

function textOf(value: Variable | undefined): string | undefined {
  // No text in an environment contains this character.
  return value === undefined || typeof value === 'string' ? value : `\0${value.token}`;
}

/** Everyone who goes through an application. */
function concerned(before: Model, after: Model, { id, allowlist }: Application): string[] {
  const clients = [...new Set(after.policiesTo(id).map(({ source }) => source))].sort();
  if (allowlist === undefined && before.applications.get(id)?.allowlist === undefined) {
    const elsewhere = clients.length === 0 && hasClientsElsewhere(after, id);
    return elsewhere ? [ANY_CLIENT] : clients.filter((client) => after.reachesMore(id, client));
  }
  return clients.length === 0 ? [ANY_CLIENT] : clients;
}

/**
 * Whether clients that the code doesn't show may use an application: an internal route lets only permitted applications
 * connect, and gives one in a closed network something new only if it leads out of that network.
 */
function hasClientsElsewhere(model: Model, id: string): boolean {
  const { reachesInternet } = model.withoutClaims(model.applications.get(id)?.space ?? '');
  return reachesInternet !== 'no' && model.routesOf(id).some(({ internal }) => internal === 'yes');
}
