/**
 * `terraform show -json` prints every value, including sensitive ones, and marks which ones are sensitive. Whatever
 * leaves the machine that plans (an artifact, a log, a comment) is redacted here first.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
const HIDDEN = '(sensitive)';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A plan without sensitive values. Variables are removed completely, because a plan doesn't mark them. */
export function redactPlan(text: string): string {
  return JSON.stringify(redact({ ...(JSON.parse(text) as Readonly<Record<string, Json>>), variables: {} }));
}

/** The fields that contain values, each with the field that marks them. */
const MARKED: readonly (readonly [values: string, marks: string])[] = [
  ['before', 'before_sensitive'],
  ['after', 'after_sensitive'],
  ['values', 'sensitive_values'],
  ['value', 'sensitive'],
];

function redact(json: Json): Json {
  if (isList(json)) {
    return json.map(redact);
  }
  if (!isObject(json)) {
    return json;
  }
  const hidden = MARKED.filter(([values, marks]) => values in json && marks in json).map(
    ([values, marks]) => [values, hide(json[values] ?? null, json[marks] ?? null)] as const,
  );
  const rest = Object.entries(json).map(([key, value]) => [key, redact(value)] as const);
  return Object.fromEntries([...rest, ...hidden]);
}

/** Marks have the shape of the values, with true where a value, or everything below it, is sensitive. */
function hide(value: Json, marks: Json): Json {
  if (marks === true) {
    return value === null ? null : HIDDEN;
  }
  if (isList(value) && isList(marks)) {
    return value.map((each, index) => hide(each, marks[index] ?? false));
  }
  if (isObject(value) && isObject(marks)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each, marks[key] ?? false)]));
  }
  return value;
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);
const isObject = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !isList(json);
