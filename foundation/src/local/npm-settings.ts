import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The registry and trusted certificates of the machine's npm. */
export interface NpmSettings {
  /** Absent for the public registry. */
  readonly registry?: string;
  readonly cafile?: string;
  readonly ca: readonly string[];
}

const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

export function parseNpmSettings(json: string): NpmSettings {
  const { registry, cafile, ca } = JSON.parse(json) as { registry?: string; cafile?: string; ca?: string | string[] };
  return {
    ...(registry && registry !== PUBLIC_REGISTRY && { registry }),
    ...(cafile && { cafile }),
    ca: [ca ?? []].flat().map((pem) => pem.replaceAll('\\n', '\n')),
  };
}

export async function readNpmSettings(): Promise<NpmSettings> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['config', 'list', '--json'], { timeout: 20_000 });
    return parseNpmSettings(stdout);
  } catch {
    // npm is not installed.
    return { ca: [] };
  }
}
