/** Shorter values occur in many texts by chance. */
const SHORTEST = 8;

const NAME = /PASS(WORD|PHRASE)?|SECRET|TOKEN|CREDENTIAL|PRIVATE|(^|_)KEY(_|$)|ACCESS_KEY/i;
/** A variable with lines of `NAME=VALUE`, all of which are secret. */
const LINES = 'CREDENTIALS';

/** Secret values in the environment, by name. */
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
