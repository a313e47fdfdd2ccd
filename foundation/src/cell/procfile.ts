const LINE = /^([A-Za-z0-9_-]+):\s*(\S.*?)\s*$/;

/**
 * The start commands of a Procfile, by process type.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/prod-server.html#procfile
 */
export function parseProcfile(text: string): Record<string, string> {
  const commands = text.split(/\r?\n/).flatMap((line) => {
    const [, type, command] = LINE.exec(line) ?? [];
    return type === undefined || command === undefined ? [] : [[type, command] as const];
  });
  return Object.fromEntries(commands);
}
