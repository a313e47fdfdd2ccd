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
