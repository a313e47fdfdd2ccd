import { stripVTControlCharacters } from 'node:util';

/** Where cdktf starts to repeat what the program wrote to standard error. */
const PROGRAM_OUTPUT = 'Command output on stderr:\n';
/** The engine's other output can come in between. */
const BOX = /╷.*\n([^╷╵]*)/g;
/** A position in a generated file, and the text there, which nobody wrote by hand. */
const GENERATED = /^on cdk\.tf\.json line|^\d+: /;
const LAST_LINES = 15;

/** Remedies for provider messages, which name only the value. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/not in the list of orgs/, 'set EGRESS_ORG to an existing organization in which this account has a role'],
  [
    /not in the list of domains/,
    'set EGRESS_APPS_DOMAIN or EGRESS_INTERNAL_DOMAIN to a domain that "cf domains" lists',
  ],
  [/not in the list of security groups/, 'give Egress.of(...) names that "cf security-groups" lists'],
  [/Bad credentials/, 'check CF_USER and CF_PASSWORD'],
  [
    /Missing Resource Identity After Read/,
    'someone has deleted the resource above on the platform: run "terraform state rm ADDRESS" in ' +
      "cdktf.out/stacks/NAME and deploy again (the provider can't report that to Terraform; OpenTofu recovers by itself)",
  ],
  [
    /must be unique per organization|already exists|name is taken/,
    'the resource with that name was not created with this state: deploy from the checkout that created it, or remove it there first; ' +
      'to deploy from several, keep one state for all of them (EGRESS_STATE)',
  ],
  [/discovering token service URL/, 'check CF_API_URL, and whether the foundation is up'],
];

/**
 * The relevant part of a failed run of cdktf or an engine: the engine's error messages, or the program's message;
 * otherwise the last lines.
 */
export function diagnosticsOf(output: string): string {
  const text = stripVTControlCharacters(output);
  return diagnosis(text) ?? lastLines(text);
}

/** Whether an output says what went wrong. */
export const hasDiagnosis = (output: string): boolean => diagnosis(stripVTControlCharacters(output)) !== undefined;

function diagnosis(text: string): string | undefined {
  const errors = [...text.matchAll(BOX)].map(([, lines]) => unbox(lines ?? '')).filter((box) => /^Error: /.test(box));
  if (errors.length > 0) return withRemedies([...new Set(errors)].join('\n\n'));
  const [, program] = text.split(PROGRAM_OUTPUT);
  return program === undefined ? undefined : dedent(program);
}

function withRemedies(errors: string): string {
  const words = errors.replaceAll(/\s+/g, ' ');
  const remedies = REMEDIES.filter(([pattern]) => pattern.test(words)).map(([, remedy]) => `remedy: ${remedy}`);
  return [errors, ...remedies].join('\n');
}

/** The text inside the frame, without the stack's name that cdktf adds. */
function unbox(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => line.includes('│'))
    .map((line) => line.slice(line.indexOf('│') + 1).trim())
    .filter((line) => !GENERATED.test(line))
    .join('\n')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}

/** Lines with at least the first line's indent; cdktf's own words follow without indent. */
function dedent(text: string): string {
  const lines = text.split('\n').slice(text.startsWith('\n') ? 1 : 0);
  const end = lines.findIndex((line) => line !== '' && !line.startsWith('    '));
  return lines
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.slice(4))
    .join('\n')
    .trim();
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}
