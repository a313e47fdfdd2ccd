/** Shorter ones stand in many a text by chance. */
const SHORTEST = 8;

const NAME = /PASS(WORD|PHRASE)?|SECRET|TOKEN|CREDENTIAL|PRIVATE|(^|_)KEY(_|$)|ACCESS_KEY/i;
/** What holds lines of `NAME=VALUE`, all of which are secret. */
const LINES = 'CREDENTIALS';

/** Values of the environment that are nobody's business, by what they are called. */
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
