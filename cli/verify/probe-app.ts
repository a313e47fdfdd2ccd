import { NoAnswer, type CloudFoundry, type Json } from '../cloud-foundry';

export type Attempt = 'connected' | 'refused' | 'timed out' | 'no such name';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Seen extends Target {
  readonly attempt: Attempt;
  readonly ms: number;
}

const NAME = 'egress-verify-probe';
const DONE = 'probes done';
const LOG_SECONDS = 3600;
const POLL_MS = 200;
const LIMIT_MS = 60_000;

interface ProbeSite {
  readonly spaceGuid: string;
  /** The application whose droplet it copies; it must have bash. */
  readonly likeApp: string;
}

interface Droplet extends Json {
  readonly guid: string;
  /** `null` for an application that a buildpack has built. */
  readonly image: string | null;
}

/**
 * Creates a temporary application in a space, which tries each target; then reads its log and deletes it. Nothing is
 * staged: it runs another application's droplet with a script as its command.
 */
export async function probeFrom(
  cloud: CloudFoundry,
  at: ProbeSite,
  targets: readonly Target[],
): Promise<readonly Seen[]> {
  await remove(cloud, at.spaceGuid);
  try {
    const source = (await cloud.get(`/v3/apps/${at.likeApp}/droplets/current`)) as Droplet;
    await cloud.applyManifest(at.spaceGuid, manifest(source, targets));
    const app = await cloud.one(`/v3/apps?names=${NAME}&space_guids=${at.spaceGuid}`);
    const relationships = { app: { data: { guid: app.guid } } };
    const droplet = await cloud.post(`/v3/droplets?source_guid=${source.guid}`, { relationships });
    await cloud.until(`/v3/droplets/${droplet.guid}`, ({ state }) => state === 'STAGED');
    await cloud.patch(`/v3/apps/${app.guid}/relationships/current_droplet`, { data: { guid: droplet.guid } });
    await cloud.post(`/v3/apps/${app.guid}/actions/start`, {});
    return await results(cloud, app.guid);
  } finally {
    await remove(cloud, at.spaceGuid);
  }
}

function manifest({ image }: Droplet, targets: readonly Target[]): object {
  const process = {
    type: 'web',
    instances: 1,
    memory: '64M',
    'health-check-type': 'process',
    command: script(targets),
  };
  return { applications: [{ name: NAME, ...(image !== null && { docker: { image } }), processes: [process] }] };
}

async function remove(cloud: CloudFoundry, spaceGuid: string): Promise<void> {
  const { resources } = (await cloud.get(`/v3/apps?names=${NAME}&space_guids=${spaceGuid}`)) as unknown as {
    resources: readonly { guid: string }[];
  };
  for (const { guid } of resources) {
    await cloud.delete(`/v3/apps/${guid}`);
  }
}

/** One line of JSON per target. Bash itself opens the connections, so the image needs no client. */
export function script(targets: readonly Target[]): string {
  const attempts = targets.map(({ host, port }) => `attempt '${quote(host)}' ${port}`).join('\n');
  return `attempt() {
  local began=$(date +%s%3N) attempt=connected said
  said=$(timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" 2>&1)
  case "$?:$said" in
    0:*) ;;
    124:*) attempt='timed out' ;;
    *refused*) attempt=refused ;;
    *) attempt='no such name' ;;
  esac
  printf '{"host":"%s","port":%s,"attempt":"%s","ms":%s}\\n' "$1" "$2" "$attempt" $(($(date +%s%3N) - began))
}
${attempts}
echo '${DONE}'
exec sleep ${LOG_SECONDS}`;
}

const quote = (text: string): string => text.replaceAll("'", `'\\''`);

async function results(cloud: CloudFoundry, appGuid: string): Promise<readonly Seen[]> {
  for (let left = LIMIT_MS / POLL_MS; left > 0; left -= 1) {
    const lines = await cloud.logs(appGuid);
    if (lines.includes(DONE)) {
      return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Seen);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new NoAnswer(
    `the probe ${NAME} did not end in ${LIMIT_MS / 1000} s: ${(await cloud.logs(appGuid)).join('; ')}`,
  );
}
