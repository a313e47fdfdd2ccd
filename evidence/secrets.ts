import { StoreError } from './store/store';

/** The evidence is kept for years and read by many, so it must contain no credential, whatever a server answered. */
export function refuseSecrets(secrets: ReadonlyMap<string, string>, texts: readonly Uint8Array[]): void {
  for (const [name, value] of secrets) {
    const forms = formsOf(value);
    const found = texts.some((text) => forms.some((form) => Buffer.from(text).includes(form)));
    if (found)
      throw new StoreError(
        `the result contains the value of ${name}, so nothing was recorded: find out what prints it`,
      );
  }
}

/** Shorter values occur in many texts by chance. */
const SHORTEST = 8;

const NAME = /PASS(WORD|PHRASE)?|SECRET|TOKEN|CREDENTIAL|PRIVATE|(^|_)KEY(_|$)|ACCESS_KEY/i;
/** A variable with lines of `NAME=VALUE`, all of which are secret. */
const LINES = 'CREDENTIALS';

export function secretsOf(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const lines = (env[LINES] ?? '').split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const named = Object.entries(env).filter(([name]) => NAME.test(name) && name !== LINES);
  return new Map(
    [...named, ...lines]
      .map(([name, value = '']): [string, string] => [name, value.trim()])
      .filter(([, value]) => value.length >= SHORTEST),
  );
}

/** How a text may contain a secret: as it is, in JSON, in an address, and in base64, as in a header of basic authentication. */
function formsOf(value: string): readonly string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    ...[0, 1, 2].map((at) => base64(value, at)),
  ];
}

/** What base64 makes of a text that begins so many bytes after a group of three, without what its neighbors have a part in. */
function base64(value: string, at: number): string {
  const bytes = Buffer.concat([Buffer.alloc(at), Buffer.from(value)]);
  return bytes.toString('base64').slice(Math.ceil((at * 8) / 6), Math.floor((bytes.length * 8) / 6));
}
