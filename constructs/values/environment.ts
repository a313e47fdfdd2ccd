const RESERVED = /^(?:VCAP_|VMC_)|^PORT$/;

/** Throws for a variable that Cloud Foundry would not take from an application. */
export function checkVariable(name: string): void {
  if (name === '' || name.includes('=')) {
    throw new Error(`'${name}' is not the name of an environment variable: write letters, digits and underscores`);
  }
  if (RESERVED.test(name)) {
    throw new Error(`environment variable ${name} belongs to the platform, which sets it itself: choose another name`);
  }
}

/** Throws for a variable that a shell can't export, as the script does which sets a buildpack application's. */
export function checkShellVariable(name: string): void {
  checkVariable(name);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Error(`'${name}' is not a variable that a shell can set: write letters, digits and underscores`);
  }
}
