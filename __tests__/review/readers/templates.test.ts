import { evaluate, isStraight } from '../../../review/readers/expressions/templates';
import { Unresolved } from '../../../review/readers/values';

const filled = (text: string): boolean | undefined => {
  const value = evaluate(text, { stack: 's', lookUp: () => undefined });
  return value instanceof Unresolved ? value.filled : undefined;
};

describe('a text with templates', () => {
  it.each(['\r${"x"}', 'a\rb${"x"}', '\uFEFF${"x"}'])(
    'is left to the engine, which reads it in its own way, where it has %j',
    (text) => {
      expect(filled(text)).toBe(false);
    },
  );

  it.each(['web.1 ${terraform_data.a.output.hash}', '${a.b.c}\n# nobody', 'x${f({a = 1})}'])(
    'is not empty, whatever stands in them: %j',
    (text) => {
      expect(filled(text)).toBe(true);
    },
  );

  it.each([
    '${a.b.c}',
    '${a.b.c}${a.b.d}',
    ' ${a.b.c} ',
    '${join("}", [a.b.c])}',
    '%{if a.b.c}x%{endif}',
    '${f({a = 1})}',
  ])('may be empty: %j', (text) => {
    expect(filled(text)).toBe(false);
  });
});

describe('a reference to an instance whose key contains brackets', () => {
  const REFERENCE = { stack: 's', address: 'cloudfoundry_app.web["a]b"]', attribute: 'id' };

  it.each([
    '${cloudfoundry_app.web["a]b"].id}',
    '${upper(cloudfoundry_app.web["a]b"].id)}',
    '%{if x}${cloudfoundry_app.web["a]b"].id}%{endif}',
  ])('is the reference to that instance in %j', (text) => {
    expect(evaluate(text, { stack: 's', lookUp: () => undefined })).toMatchObject({ references: [REFERENCE] });
  });
});

describe('an expression gives all ids that it refers to', () => {
  it.each([
    '${cloudfoundry_app.web.id}',
    '${[for app in cloudfoundry_app.web : { source_app = app.id, destination_app = cloudfoundry_app.proxy.id }]}',
    '${[for name, id in local.clients : id]}',
    '${[for app in [cloudfoundry_app.web, cloudfoundry_app.api] : app.id]}',
    '${toset([cloudfoundry_app.web["a.b"].id, cloudfoundry_app.api[0].id])}',
    '${concat([cloudfoundry_app.web.id], local.others)}',
    '${cloudfoundry_app.web[*].id}',
    '{ for name, app in cloudfoundry_app.web : name => app.id }',
  ])('%s', (text) => {
    expect(isStraight([text, { value: text }])).toBe(true);
  });
});

describe('an expression may pick one of several ids', () => {
  it.each([
    ['by a condition', '${var.x ? cloudfoundry_app.a.id : cloudfoundry_app.b.id}'],
    ['in a loop', '${[for a in cloudfoundry_app.web : a.id if a.name == "x"]}'],
    ['by a key', '${cloudfoundry_app.web[var.key].id}'],
    ['by a key of something that is called as a word of the language', '${local.in[var.key].id}'],
    ['by a key in a loop', '${[for in in local.maps : in[var.key].id]}'],
    ['by a key in a text', '${cloudfoundry_app.web["${var.key}"].id}'],
    ['by a key behind a space', '${cloudfoundry_app.web [var.key].id}'],
    ['by a key of a list', '${[cloudfoundry_app.a.id, cloudfoundry_app.b.id][var.index]}'],
    ['by a key of what a function gives', '${concat([cloudfoundry_app.a.id], [cloudfoundry_app.b.id])[var.index]}'],
    ['by a function', '${element([cloudfoundry_app.a.id, cloudfoundry_app.b.id], var.index)}'],
    ['by a function of a provider', '${provider::any::pick(cloudfoundry_app.a.id, cloudfoundry_app.b.id)}'],
    ['by a function behind a space', '${values (cloudfoundry_app.web)[0].id}'],
    ['by a function behind a comment', '${values/**/(cloudfoundry_app.web)[0].id}'],
    ['by a name that is worked out', '${{ (var.x) = cloudfoundry_app.a.id, (var.y) = cloudfoundry_app.b.id }["k"]}'],
    ['by a name with a template', '${{ "${var.x}" = cloudfoundry_app.a.id, "b" = cloudfoundry_app.b.id }["k"]}'],
    ['in a directive', '%{ if var.x }${cloudfoundry_app.a.id}%{ else }${cloudfoundry_app.b.id}%{ endif }'],
    ['with more around it', '${cloudfoundry_app.a.id}${var.x}'],
  ])('%s', (_, text) => {
    expect(isStraight(text)).toBe(false);
    expect(isStraight({ value: [text] })).toBe(false);
  });

  it('by a key of an object', () => {
    expect(isStraight({ '${var.x}': '${cloudfoundry_app.a.id}' })).toBe(false);
  });
});
