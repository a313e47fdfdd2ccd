import fc from 'fast-check';

export type Json = Record<string, unknown>;
/** A placeholder for a unique number, so that many changes fit into one configuration. */
export const ID = '§';
/** A placeholder for the path of a file with a secret. */
export const FILE = '@FILE@';

const GUID = '11111111-2222-4333-8444-555555555555';

const HARMLESS = [
  ...['"x"', '1', '0', 'true', 'null', '"a.example.gov:443"', 'var.region', 'each.key', 'each.value', 'count.index'],
  ...['data.cloudfoundry_org.o.id', 'cloudfoundry_space.home.id', 'cloudfoundry_space.home.name', '"us"'],
];

export const FILES = [`file("${FILE}")`, `filebase64("${FILE}")`, `filesha256("${FILE}")`];

/** Expressions that reveal a secret, the platform's account, or a file, unless something prevents that. */
export const HARMFUL = [
  ...['var.seed', 'nonsensitive(var.seed)', 'base64encode(var.seed)', 'sha256(var.seed)', 'substr(var.seed, 0, 16)'],
  ...['strrev(var.seed)', 'urlencode(var.seed)', 'md5(var.seed)', 'sha512(var.seed)', 'local.derived', 'var.kept'],
  ...['bcrypt(sha256(var.seed), 4)', 'terraform_data.hash.output["hash"]', 'terraform_data.kept.output'],
  ...['terraform_data.kept.output.x', 'terraform_data.twin1.triggers_replace', 'jsonencode(terraform_data.kept)'],
  ...[...FILES, `templatefile("${FILE}", {})`],
  ...['filebase64("/proc/self/environ")', `jsondecode(file("${FILE}"))`, 'data.cloudfoundry_org.o', 'path.root'],
];

const CALLED = [
  ...['join("", [A])', 'lower(A)', 'upper(A)', 'format("%s", A)', 'jsonencode({"k" = A})', 'sha256(A)'],
  ...['reverse([A])', 'base64encode(A)', 'base64sha256(A)', 'substr(A, 0, 12)', 'coalesce(A, B)'],
  ...['lookup({"k" = A}, "k")', 'try(A, B)', 'tostring(A)', 'element([A, B], 0)', 'merge({"k" = A}, {"l" = B})'],
  ...['split("", A)', 'replace(A, "x", B)', 'can(A)', 'concat([A], [B])', 'toset([A])', 'title(A)', 'trimspace(A)'],
  ...['strrev(A)', 'nonsensitive(A)', 'urlencode(A)', 'length(A)'],
];
const SHAPES = [
  ...['"${A}"', '"a${A}b"', '"$${A}"', '"\\\\${A}"', '"%{ if true }${A}%{ endif }"', '[A, B]', '{k = A}'],
  ...['{"k" : A}', '(A)', 'true ? A : B', '[for v in [A] : v]', '{for v in [A] : v => v}', 'A == B', 'A[0]'],
  ...['[A].*', 'A /* x */', '{(A) = B}', '{"${A}" = B}', '<<EOT\n${A}\nEOT\n', '!A', '-A', 'A.k', '[A][0]'],
  ...['A # x\n', '{"//" = A}', 'join("", [A]...)'],
];
const TEXTS = [
  ...['${A}', '${A}', '${A}', '${A}', '${A}', '${A}', '${A}', '${A}', '${A}', 'a${A}b', '${A}${B}', '$${A}'],
  ...['$$${A}', '%${A}', '$%{A}', '%%{ A', '${~ A ~}', '\\${A}', '%{ if true }${A}%{ endif }'],
  ...['%{ for x in [A] }${x}%{ endfor }', '${\n A \n}', '${"${A}"}', '// ${A}', '"${A}"', 'x'],
];

/** JSON values with an expression somewhere, more often a harmful one than not. */
export function values(harmful: readonly string[]): fc.Arbitrary<unknown> {
  const atom = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...HARMLESS) },
    { weight: 2, arbitrary: fc.constantFrom(...harmful) },
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      { weight: 6, arbitrary: atom },
      { weight: 2, arbitrary: filled(CALLED, tie('expression')) },
      { weight: 1, arbitrary: filled(SHAPES, tie('expression')) },
    ),
  }));
  const text = filled(TEXTS, expression);
  return fc.oneof(
    { weight: 8, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(1, true, null, 'x', [], {}) },
    { weight: 1, arbitrary: text.map((each) => [each]) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('k', '//', 'a b'), text).map(([key, each]) => ({ [key]: each })) },
    { weight: 1, arbitrary: text.map((each) => ({ [each]: 'x' })) },
    { weight: 1, arbitrary: text.map((each) => [{ '//': each }]) },
  );
}

function filled(patterns: readonly string[], expression: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...patterns), expression, expression)
    .map(([pattern, a, b]) => pattern.replace(/\bA\b/g, () => a).replace(/\bB\b/g, () => b));
}

const resource = (type: string, body: Json, id = `x${ID}`): Json => ({ resource: { [type]: { [id]: body } } });
const look = (type: string, body: Json): Json => ({ data: { [type]: { [`x${ID}`]: body } } });
const app = (more: Json): Json =>
  resource('cloudfoundry_app', {
    ...{ name: `app${ID}`, org_name: 'egress-demo', space_name: 'home', docker_image: 'registry.example/web:1' },
    ...more,
  });
const route = (more: Json): Json =>
  resource('cloudfoundry_route', { space: GUID, domain: '${data.cloudfoundry_domain.internal.id}', ...more });
const space = (more: Json): Json =>
  resource('cloudfoundry_space', { name: `space${ID}`, org: '${data.cloudfoundry_org.o.id}', ...more });
const rule = (more: Json): Json => ({ protocol: 'tcp', destination: '192.0.2.0/24', ports: '443', ...more });

/** Places for a value: arguments, blocks, names, and comments. */
const PLACES: readonly ((value: unknown) => Json)[] = [
  (value) => look('cloudfoundry_org', { name: value }),
  (value) => look('cloudfoundry_org', { for_each: { a: value }, name: '${each.value}' }),
  (value) => look('cloudfoundry_org', { for_each: { '//': value }, name: '${each.value}' }),
  (value) => look('cloudfoundry_org', { name: 'egress-demo', '//': value }),
  (value) =>
    look('cloudfoundry_org', {
      name: 'egress-demo',
      lifecycle: { postcondition: { condition: value, error_message: 'x' } },
    }),
  (value) => look('external', { program: ['sh', '-c', value] }),
  (value) => route({ host: value }),
  (value) => route({ host: 'x', path: value }),
  (value) => route({ for_each: { '//': value }, host: '${each.value}' }),
  (value) => route({ for_each: { a: value }, host: '${each.value}' }),
  (value) => route({ for_each: value, host: '${each.key}' }),
  (value) => route({ count: value, host: '${count.index}' }),
  (value) => route({ host: 'x', labels: { a: value } }),
  (value) => route({ host: 'x', destinations: [{ '//': value, app_id: GUID }] }),
  (value) => route({ host: 'x', lifecycle: { precondition: [{ condition: false, error_message: value }] } }),
  (value) => route({ host: 'x', lifecycle: { precondition: { condition: value, error_message: 'x' } } }),
  (value) => route({ host: 'x', lifecycle: { '//': value } }),
  (value) => space({ name: value }),
  (value) => space({ annotations: { a: value } }),
  (value) => space({ labels: value }),
  (value) => space({ org: value }),
  (value) => app({ environment: { EGRESS_ALLOW: value } }),
  (value) => app({ environment: { EGRESS_CREDENTIALS: value } }),
  (value) => app({ environment: { '//': value } }),
  (value) => app({ environment: value }),
  (value) => app({ command: value }),
  (value) => app({ memory: value }),
  (value) => app({ source_code_hash: value }),
  (value) => app({ docker_credentials: { username: 'u', password: value } }),
  (value) => app({ service_bindings: [{ service_instance: value }] }),
  (value) => app({ depends_on: [value] }),
  (value) => app({ provider: value }),
  (value) => app({ provisioner: { 'local-exec': { command: value } } }),
  (value) => app({ dynamic: { routes: { for_each: [value], content: {} } } }),
  (value) =>
    resource('cloudfoundry_service_instance', {
      type: 'user-provided',
      name: `s${ID}`,
      space: GUID,
      credentials: value,
    }),
  (value) => resource('cloudfoundry_security_group', { name: `g${ID}`, rules: [rule({ description: value })] }),
  (value) => resource('cloudfoundry_security_group', { name: `g${ID}`, rules: [rule({ '//': value })] }),
  (value) => resource('terraform_data', { input: value }),
  (value) => resource('terraform_data', { triggers_replace: value }),
  (value) => resource('terraform_data', { triggers_replace: { a: value } }),
  (value) => resource('terraform_data', { input: value, lifecycle: { ignore_changes: ['input'] } }),
  ...['input', 'triggers_replace', 'all'].map((name) => (value: unknown) => {
    const lifecycle = { ignore_changes: name === 'all' ? 'all' : [name] };
    return resource('terraform_data', { input: value, triggers_replace: 'x', lifecycle }, `twin${ID}`);
  }),
  (value) => resource('terraform_data', { input: value, triggers_replace: '${sha256(var.seed)}' }, `twin${ID}`),
  (value) => ({ output: { [`x${ID}`]: { value } } }),
  (value) => ({ output: { [`x${ID}`]: { value, sensitive: true } } }),
  (value) => ({ output: { [`x${ID}`]: { value: 'x', description: value } } }),
  (value) => ({ locals: { [`x${ID}`]: value }, output: { [`x${ID}`]: { value: `\${local.x${ID}}` } } }),
  (value) => ({ variable: { [`x${ID}`]: { default: value } }, output: { [`x${ID}`]: { value: `\${var.x${ID}}` } } }),
  (value) => ({
    ...resource('terraform_data', { input: value }),
    ...look('cloudfoundry_org', { name: `\${terraform_data.x${ID}.output}` }),
  }),
  (value) => ({ resource: { '//': value } }),
  (value) => ({ resource: { cloudfoundry_route: { '//': value } } }),
  (value) => ({ resource: { cloudfoundry_route: { [`x${ID}`]: [{ host: value, space: GUID, domain: GUID }] } } }),
  (value) => ({ resource: { cloudfoundry_route: [{ [`x${ID}`]: { host: value, space: GUID, domain: GUID } }] } }),
  (value) => ({ resource: [{ cloudfoundry_route: { [`x${ID}`]: { host: value, space: GUID, domain: GUID } } }] }),
  (value) => ({ output: [{ [`x${ID}`]: { value } }] }),
  (value) => ({ '//': value }),
];

/** Changes of the merged stack, each described by what it adds. */
export function changes(harmful: readonly string[] = HARMFUL): fc.Arbitrary<Json> {
  return fc.tuple(fc.constantFrom(...PLACES), values(harmful)).map(([place, value]) => place(value));
}

/** A change with a unique number. */
export function numbered(change: Json, index: number, file: string): Json {
  const text = JSON.stringify(change)
    .replaceAll(`twin${ID}`, `twin${index % TWINS}`)
    .replaceAll(ID, String(index))
    .replaceAll(FILE, file);
  return JSON.parse(text) as Json;
}

/** The number of resources that a batch can change in place, each by a different change. */
export const TWINS = 20;

/** The default branch: secrets in variables and in the state, marked as sensitive or not. */
export function merged(): Json {
  const twins = Array.from({ length: TWINS }, (_, index): [string, Json] => [
    `twin${index}`,
    { input: { hash: '${bcrypt(sha256(var.seed), 4)}' }, triggers_replace: '${sha256(var.seed)}' },
  ]);
  return {
    terraform: { required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } } },
    provider: { cloudfoundry: [{}] },
    variable: {
      seed: { sensitive: true, type: 'string' },
      kept: { sensitive: true, type: 'string' },
      region: { default: 'us-gov-west-1' },
    },
    locals: { derived: '${sha256(var.seed)}' },
    data: {
      cloudfoundry_org: { o: { name: 'egress-demo' } },
      cloudfoundry_domain: { internal: { name: 'apps.internal' } },
    },
    resource: {
      cloudfoundry_space: { home: { name: 'home', org: '${data.cloudfoundry_org.o.id}' } },
      terraform_data: {
        ...Object.fromEntries(twins),
        hash: {
          input: { hash: '${bcrypt(sha256(var.seed), 4)}' },
          lifecycle: { ignore_changes: ['input'] },
        },
        // The one secret that a plan already shows. It must not be shown anywhere else.
        kept: { input: '${var.kept}' },
      },
    },
  };
}
