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
