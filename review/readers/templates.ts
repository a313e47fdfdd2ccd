import { Unresolved, type Reference, type Value } from './values';

/** `${cloudfoundry_space.Home.id}` and nothing else. */
const WHOLE = /^\$\{([A-Za-z0-9_.-]+(?:\[[^\]]*\])?(?:\.[A-Za-z0-9_-]+)+)\}$/;
const ANY_REFERENCE = /(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z0-9_-]+(?:\[[^\]]*\])?(?:\.[a-z0-9_]+)?/g;
const PARTS = /^((?:data\.)?[^.]+\.[^.[]+(?:\[[^\]]*\])?)(?:\.(.+))?$/;

/** Splits `data.cloudfoundry_space.Home.id` into address and attribute. */
export function reference(text: string, stack: string, module = ''): Reference {
  const [, address = text, attribute = ''] = PARTS.exec(text) ?? [];
  return { stack, address: `${module}${address}`, attribute };
}

export interface Templates {
  readonly stack: string;
  /** `module.a.` inside a module. */
  readonly module?: string;
  /** The value of a whole reference, as far as it is known here. */
  readonly lookUp: (reference: string) => Value | undefined;
}

/** The value of an attribute as the configuration's JSON writes it; a template that can't be worked out stays unresolved. */
export function evaluate(written: unknown, templates: Templates): Value {
  if (typeof written === 'string') return evaluateText(written, templates);
  if (Array.isArray(written)) return written.map((each) => evaluate(each, templates));
  if (typeof written === 'object' && written !== null) {
    return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, evaluate(value, templates)]));
  }
  return written === undefined ? null : (written as Value);
}

function evaluateText(text: string, templates: Templates): Value {
  if (!/[$%]\{/.test(text)) return text;
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) {
    const value = templates.lookUp(whole);
    if (value !== undefined) return value;
    return unresolved(text, [reference(whole, templates.stack, templates.module)], true);
  }
  const mixed = text.replace(/\$\{([^{}"]+)\}/g, (template, inner: string) => {
    const value = templates.lookUp(inner);
    return typeof value === 'string' || typeof value === 'number' ? `${value}` : template;
  });
  if (!/(?<!\$)\$\{|(?<!%)%\{/.test(mixed)) return mixed.replace(/([$%])\1\{/g, '$1{');
  const found = (mixed.match(ANY_REFERENCE) ?? []).map((each) => reference(each, templates.stack, templates.module));
  return unresolved(text, found, false);
}

function unresolved(text: string, references: readonly Reference[], exact: boolean): Unresolved {
  return new Unresolved(text, 'it is worked out when the stack is applied', references, exact);
}
