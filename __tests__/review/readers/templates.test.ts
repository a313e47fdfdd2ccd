import { evaluate } from '../../../review/readers/expressions/templates';
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
