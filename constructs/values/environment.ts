import { VARIABLE_BYTES } from './limits';

const RESERVED = /^(?:VCAP_|VMC_)|^PORT$/;

/** Throws for variables that an application can't set on Cloud Foundry. */
export function checkEnvironment(path: string, environment: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(environment)) {
    checkVariable(path, name);
    if (typeof value === 'string') continue;
    throw new Error(`${path}: environment variable ${name} is ${String(value)}: give text, or leave it out`);
  }
}

function checkVariable(path: string, name: string): void {
  if (name === '' || name.includes('=')) {
    throw new Error(
      `${path}: '${name}' is not the name of an environment variable: write letters, digits and underscores`,
    );
  }
  if (RESERVED.test(name)) {
    throw new Error(`${path}: environment variable ${name} is set by the platform: choose another name`);
  }
}

/** Throws for a variable that a shell can't export: the profile script exports a buildpack application's variables. */
export function checkShellVariable(path: string, name: string): void {
  checkVariable(path, name);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Error(`${path}: '${name}' is not a variable that a shell can set: write letters, digits and underscores`);
  }
}

/** How much of an overlong line an error message shows. */
const SHOWN = 60;

/**
 * Lines as environment variables: the first variable, then the same name with `_1`, `_2` and so on, and an empty one at
 * the end. Cloud Foundry removes a variable that is no longer set only after the new instances have started, so a list
 * that became shorter must mark its end.
 *
 * @param size the size of a line that isn't known at synth
 * @throws for a line that is longer than a variable can be
 * @see https://github.com/cloudfoundry/terraform-provider-cloudfoundry/issues/138
 */
export function toVariables(
  first: string,
  lines: readonly string[],
  size: (line: string) => number = (line) => line.length,
): Record<string, string> {
  const values: string[][] = [];
  let left = 0;
  for (const line of lines) {
    const bytes = size(line) + 1;
    if (bytes > left) {
      left = VARIABLE_BYTES - nameOf(first, values.length).length - 2;
      if (bytes > left) {
        throw new RangeError(
          `'${line.slice(0, SHOWN)}...' has ${bytes - 1} bytes, ${bytes - left} more than fit an environment variable: ` +
            'give it fewer exceptions, ports and ranges',
        );
      }
      values.push([]);
    }
    values[values.length - 1]?.push(line);
    left -= bytes;
  }
  return Object.fromEntries([...values, []].map((value, index) => [nameOf(first, index), value.join('\n')]));
}

function nameOf(first: string, index: number): string {
  return index === 0 ? first : `${first}_${index}`;
}
