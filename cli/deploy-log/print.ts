import { hasFailed, type Deployment, type Ending, type Story } from './story';

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
