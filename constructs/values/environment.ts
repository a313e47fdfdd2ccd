const RESERVED = /^(?:VCAP_|VMC_)|^PORT$/;

/** Throws for a variable that an application can't set on Cloud Foundry. */
export function checkVariable(name: string): void {
  if (name === '' || name.includes('=')) {
    throw new Error(`'${name}' is not the name of an environment variable: write letters, digits and underscores`);
  }
  if (RESERVED.test(name)) {
    throw new Error(`environment variable ${name} is set by the platform: choose another name`);
  }
}

/** Throws for a variable that a shell can't export: the profile script exports a buildpack application's variables. */
export function checkShellVariable(name: string): void {
  checkVariable(name);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Error(`'${name}' is not a variable that a shell can set: write letters, digits and underscores`);
  }
}
