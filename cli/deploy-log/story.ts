/** What happened to an application's latest deployment, and why. */

export interface Deployment {
  readonly guid: string;
  readonly at: string;
  readonly finished: boolean;
  /** `DEPLOYING`, `DEPLOYED`, `CANCELED`, `SUPERSEDED`, ... */
  readonly reason: string;
  /** The process of the new instances. */
  readonly process: string;
  readonly revision?: { readonly guid: string; readonly version: number };
}

export interface Crash {
  readonly process: string;
  readonly instance: string;
  readonly index: number;
  readonly at: string;
  readonly why: string;
}

/** How the instances with one index ended. */
export interface Ending {
  readonly index: number;
  readonly times: number;
  readonly last: Crash;
}

export interface Rollout {
  /** Absent for an application that was only ever started. */
  readonly deployment?: Deployment;
  readonly successor?: Deployment;
  readonly endings: readonly Ending[];
}

/**
 * When a deployment fails, the provider reverts by another deployment, which is then the latest and succeeds: the one
 * that it replaced is the one to explain.
 *
 * @param deployments newest first
 * @param crashes newest first
 */
export function rolloutOf(deployments: readonly Deployment[], crashes: readonly Crash[]): Rollout {
  const [newest, previous] = deployments;
  if (newest === undefined) {
    return { endings: endingsOf(crashes) };
  }
  const of = ({ process, at }: Deployment): readonly Ending[] =>
    endingsOf(crashes.filter((crash) => crash.process === process && crash.at >= at));
  if (of(newest).length === 0 && previous?.reason === 'SUPERSEDED' && of(previous).length > 0) {
    return { deployment: previous, successor: newest, endings: of(previous) };
  }
  return { deployment: newest, endings: of(newest) };
}

function endingsOf(crashes: readonly Crash[]): readonly Ending[] {
  const endings = new Map<number, Ending>();
  for (const crash of crashes) {
    const known = endings.get(crash.index);
    endings.set(crash.index, { index: crash.index, times: (known?.times ?? 0) + 1, last: known?.last ?? crash });
  }
  return [...endings.values()].sort((a, b) => a.index - b.index);
}

export type Variables = Readonly<Record<string, string>>;

/** Names of the variables that the next restart would change. */
export const pendingVariables = (wanted: Variables, running: Variables): readonly string[] =>
  [...new Set([...Object.keys(wanted), ...Object.keys(running)])]
    .filter((name) => wanted[name] !== running[name])
    .sort();

export interface Story extends Rollout {
  readonly app: string;
  /** The last lines of the instance that ended last, or of the new one that isn't up. */
  readonly lines: readonly string[];
  /** What to do about it, if known. */
  readonly advice: readonly string[];
  /** Instances of the processes that serve requests. */
  readonly serving: { readonly running: number; readonly wanted: number };
  /** Absent if the account may not read them. */
  readonly pending?: readonly string[];
}

/** Whether something went wrong. A deployment that is in progress, or has succeeded and is stable, is fine. */
export const hasFailed = ({ endings, deployment }: Rollout): boolean =>
  endings.length > 0 || deployment?.reason === 'CANCELED';

/** Lines for a person to read; the application's output is printed as it is. */
export function printStory(story: Story): string[] {
  const { app, lines, endings, advice } = story;
  return [
    `${app}: ${outcome(story)}`,
    ...endings.map((ending) => `  ${ended(ending)}`),
    ...(lines.length === 0 ? [] : ['  its last lines:', ...lines.map((line) => `    ${line}`)]),
    ...advice.map((line) => `  ${line}`),
    ...(hasFailed(story) || story.deployment?.finished === false ? consequences(story) : []).map((line) => `  ${line}`),
  ];
}

function outcome({ deployment, successor, endings }: Story): string {
  if (deployment === undefined) {
    return endings.length === 0 ? 'no deployment, and no instance has crashed' : 'its instances crash';
  }
  const what = nameOf(deployment);
  if (successor !== undefined) {
    return `${what} failed; ${nameOf(successor)} replaced it and is ${successor.reason}`;
  }
  const crashes = endings.length > 0;
  return `${what} ${(OUTCOMES[deployment.reason] ?? otherwise(deployment.reason))(crashes)}`;
}

const OUTCOMES: Readonly<Record<string, (crashes: boolean) => string>> = {
  DEPLOYED: (crashes) => (crashes ? 'succeeded, but instances have crashed since' : 'succeeded'),
  DEPLOYING: (crashes) =>
    crashes ? 'is failing: its new instance crashes' : 'is in progress: its new instance is not up yet',
  CANCELED: () => 'was canceled',
};

const otherwise = (reason: string) => (): string => `is ${reason}`;

const nameOf = ({ at, revision }: Deployment): string =>
  `the deployment of ${at}${revision === undefined ? '' : ` (revision ${revision.version})`}`;

const ended = ({ index, times, last }: Ending): string =>
  `instance ${index} has crashed ${times === 1 ? 'once' : `${times} times`}, last at ${last.at}: ${last.why || 'crashed'}`;

/** What keeps running on the platform, which no engine's error mentions. */
function consequences({ serving, pending, deployment, successor }: Story): string[] {
  const { running, wanted } = serving;
  const replaced = deployment === undefined || deployment.reason === 'DEPLOYED' || successor !== undefined;
  return [
    wanted === 0
      ? 'No instance is running.'
      : `${running} of ${wanted} ${replaced ? 'instances run' : 'old instances keep running'}.`,
    ...(pending === undefined || pending.length === 0
      ? []
      : [
          `The application keeps the new environment (${pending.join(', ')}): crashed instances restart with the old one,`,
          'but the next restart of the application uses the new one. Correct it and deploy again.',
        ]),
  ];
}
