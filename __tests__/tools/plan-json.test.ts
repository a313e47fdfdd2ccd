import { redactPlan } from '../../tools/stack';

const secret = 'wJalrXUtnFEMI';

/** The parts of a plan that contain values, reduced to a service with credentials. */
const plan = {
  format_version: '1.2',
  variables: { key: { value: secret }, name: { value: 'plain' } },
  planned_values: {
    outputs: { url: { sensitive: false, value: 'https://x' }, key: { sensitive: true, value: secret } },
    root_module: {
      resources: [
        { address: 'a.b', values: { name: 'n', credentials: secret }, sensitive_values: { credentials: true } },
      ],
    },
  },
  resource_changes: [
    {
      address: 'a.b',
      change: {
        actions: ['update'],
        before: { name: 'n', list: [{ key: secret, kept: 1 }], credentials: null },
        after: { name: 'n', list: [{ key: secret, kept: 2 }], credentials: secret },
        before_sensitive: { list: [{ key: true }] },
        after_sensitive: { list: [{ key: true }], credentials: true },
      },
    },
  ],
};

describe('a plan as JSON', () => {
  it('loses every marked value, anywhere, and nothing else', () => {
    expect(JSON.parse(redactPlan(JSON.stringify(plan)))).toEqual({
      format_version: '1.2',
      variables: {},
      planned_values: {
        outputs: { url: { sensitive: false, value: 'https://x' }, key: { sensitive: true, value: '(sensitive)' } },
        root_module: {
          resources: [
            {
              address: 'a.b',
              values: { name: 'n', credentials: '(sensitive)' },
              sensitive_values: { credentials: true },
            },
          ],
        },
      },
      resource_changes: [
        {
          address: 'a.b',
          change: {
            actions: ['update'],
            before: { name: 'n', list: [{ key: '(sensitive)', kept: 1 }], credentials: null },
            after: { name: 'n', list: [{ key: '(sensitive)', kept: 2 }], credentials: '(sensitive)' },
            before_sensitive: { list: [{ key: true }] },
            after_sensitive: { list: [{ key: true }], credentials: true },
          },
        },
      ],
    });
  });

  it('stays readable if nothing is marked', () => {
    expect(JSON.parse(redactPlan('{"a":[1,null,"x"]}'))).toEqual({ a: [1, null, 'x'], variables: {} });
  });
});
