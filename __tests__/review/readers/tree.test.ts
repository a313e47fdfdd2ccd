import { evaluate, isStraight } from '../../../review/readers/expressions/templates';
import { readTree, readTrees } from '../../../review/readers/tree';
import { Unresolved, type Resource, type Value } from '../../../review/readers/values';

type Json = Readonly<Record<string, unknown>>;

const read = (json: unknown, name = 'demo'): Resource[] => readTree([{ name, json }]);
const at = (json: unknown, address: string): Resource | undefined =>
  read(json).find((resource) => resource.address === address);

/** The value of an application's attribute, in a stack with additional content. */
const attribute = (written: unknown, besides: Json = {}): Value | undefined => {
  const resource = { ...(besides.resource as Json | undefined), cloudfoundry_app: { web: { command: written } } };
  return at({ ...besides, resource }, 'cloudfoundry_app.web')?.values.command;
};
const tokenOf = (written: unknown, besides: Json = {}): string => {
  const value = attribute(written, besides);
  expect(value).toBeInstanceOf(Unresolved);
  return (value as Unresolved).token;
};

describe('a text of a program', () => {
  const besides: Json = {
    locals: { host: 'api.example.gov', ports: [80, 443], all: { web: '${local.host}' }, yes: true },
    variable: {
      domain: { type: 'string', default: 'example.gov' },
      names: { type: 'list(string)', default: ['b', 'a'] },
    },
  };

  it.each<[string, Value]>([
    ['plain', 'plain'],
    ['$${local.host}', '${local.host}'],
    ['${local.host}:${local.ports[1]}', 'api.example.gov:443'],
    ['${local.all.web}', 'api.example.gov'],
    ['${local.all["web"]}', 'api.example.gov'],
    ['${local.ports}', [80, 443]],
    ['www.${var.domain}', 'www.example.gov'],
    ['${local.yes ? "on" : "off"}', 'on'],
    ['${local.yes && 2 > 1 ? upper("on") : "off"}', 'ON'],
    ['${local.yes ? "on" : var.missing}', 'on'],
    ['${join(",", [for x in var.names : x])}', 'unknown'],
    ['${join(",", concat(var.names, ["c"]))}', 'b,a,c'],
    ['${toset(var.names)}', ['a', 'b']],
    ['${jsonencode({"b" = 1, "a" = ["<"]})}', '{"a":["\\u003c"],"b":1}'],
    ['${sha256("a")}', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['%{ if local.yes }on%{ endif }', 'unknown'],
    ['${timestamp()}', 'unknown'],
    ['${local.host == local.host}', true],
  ])('%s is %j', (written, expected) => {
    const value = attribute(written, besides);
    if (expected === 'unknown') expect(value).toBeInstanceOf(Unresolved);
    else expect(value).toEqual(expected);
  });

  it('can have names that are texts, too', () => {
    expect(attribute({ '${local.host}': 1 }, besides)).toEqual({ 'api.example.gov': 1 });
    expect(attribute({ '${timestamp()}': 1 })).toBeInstanceOf(Unresolved);
  });
});

describe('a text that is known only after apply', () => {
  /** What the text refers to, before and after a change. */
  const INPUTS: readonly (readonly [of: string, text: string, before: Json, after: Json])[] = [
    ['a local', '${trimspace(local.x)}${timestamp()}', { locals: { x: 1 } }, { locals: { x: 2 } }],
    [
      'a local behind a local',
      '${md5(local.y)}',
      { locals: { x: 1, y: '${local.x}' } },
      { locals: { x: 2, y: '${local.x}' } },
    ],
    ['a local written with spaces', '${md5(local . x)}', { locals: { x: 1 } }, { locals: { x: 2 } }],
    ['a local behind a comment', '${md5(local./* */x)}', { locals: { x: 1 } }, { locals: { x: 2 } }],
    [
      'the default of a variable',
      '${md5(var.x)}',
      { variable: { x: { default: 'a' } } },
      { variable: { x: { default: 'b' } } },
    ],
    [
      'the default of a sensitive variable',
      '${var.x}',
      { variable: { x: { default: 'a', sensitive: true } } },
      { variable: { x: { default: 'b', sensitive: true } } },
    ],
    [
      'an argument of a data source',
      '${data.cloudfoundry_service_plans.x.plans}',
      { data: { cloudfoundry_service_plans: { x: { name: 'a' } } } },
      { data: { cloudfoundry_service_plans: { x: { name: 'b' } } } },
    ],
    [
      'a local in an argument of a data source',
      '${data.cloudfoundry_service_plans.x.plans}',
      { locals: { name: 'a' }, data: { cloudfoundry_service_plans: { x: { name: '${local.name}' } } } },
      { locals: { name: 'b' }, data: { cloudfoundry_service_plans: { x: { name: '${local.name}' } } } },
    ],
    [
      'what passes through terraform_data',
      '${terraform_data.x.output}',
      { resource: { terraform_data: { x: { input: '${md5("a")}' } } } },
      { resource: { terraform_data: { x: { input: '${md5("b")}' } } } },
    ],
    [
      'what terraform_data keeps',
      '${terraform_data.x.output}',
      { resource: { terraform_data: { x: { input: 'a', lifecycle: { ignore_changes: ['input'] } } } } },
      { resource: { terraform_data: { x: { input: 'b', lifecycle: { ignore_changes: ['input'] } } } } },
    ],
    [
      'the key of a state elsewhere',
      '${data.terraform_remote_state.x.outputs.y}',
      { data: { terraform_remote_state: { x: { backend: 's3', config: { key: 'a' } } } } },
      { data: { terraform_remote_state: { x: { backend: 's3', config: { key: 'b' } } } } },
    ],
    [
      'the file of a local state elsewhere',
      '${data.terraform_remote_state.x.outputs.y}',
      { data: { terraform_remote_state: { x: { backend: 'local', config: { path: '/a/a.tfstate' } } } } },
      { data: { terraform_remote_state: { x: { backend: 'local', config: { path: '/a/b.tfstate' } } } } },
    ],
    [
      'an image that is built',
      '${docker_image.x.repo_digest}',
      { resource: { docker_image: { x: { build: { context: 'assets/a' } } } } },
      { resource: { docker_image: { x: { build: { context: 'assets/b' } } } } },
    ],
    [
      'the source of a module',
      '${module.x.y}',
      { module: { x: { source: 'example/x/y', version: '1.0.0' } } },
      { module: { x: { source: 'example/x/y', version: '1.0.1' } } },
    ],
  ];

  it.each(INPUTS)('changes with its %s', (_, text, before, after) => {
    expect(tokenOf(text, before)).toBe(tokenOf(text, before));
    expect(tokenOf(text, after)).not.toBe(tokenOf(text, before));
  });

  it('is the same whatever else changes', () => {
    const text = '${md5(local.x)}';
    expect(tokenOf(text, { locals: { x: 1, y: 2 } })).toBe(tokenOf(text, { locals: { y: 3, x: 1 } }));
  });

  it('is not the same text in another stack', () => {
    const text = { resource: { cloudfoundry_app: { web: { command: '${timestamp()}' } } } };
    expect(read(text, 'one')[0]?.values.command).not.toEqual(read(text, 'two')[0]?.values.command);
  });

  it('is the same for a resource’s id, whatever else the resource sets', () => {
    const text = '${md5(cloudfoundry_app.x.id)}';
    const besides = (memory: string): Json => ({
      resource: { cloudfoundry_app: { x: { memory }, web: { command: text } } },
    });
    const token = (memory: string) => at(besides(memory), 'cloudfoundry_app.web')?.values.command;
    expect(token('1G')).toEqual(token('2G'));
  });

  it('follows outputs of another stack, even within a text', () => {
    const stacks = (host: string) => [
      { name: 'other', json: { locals: { host }, output: { host: { value: '${local.host}' } } } },
      {
        name: 'demo',
        json: {
          data: { terraform_remote_state: { 'cross-stack-reference-input-other': { backend: 'local' } } },
          resource: {
            cloudfoundry_app: {
              web: {
                command: '${data.terraform_remote_state.cross-stack-reference-input-other.outputs.host}',
                stack: '${md5(data.terraform_remote_state.cross-stack-reference-input-other.outputs.host)}',
              },
            },
          },
        },
      },
    ];
    const web = (host: string) =>
      readTree(stacks(host)).find(({ type }) => type === 'cloudfoundry_app')?.values as Record<string, Value>;
    expect(web('a').command).toBe('a');
    expect(web('a').stack).not.toEqual(web('b').stack);
    expect(web('a').stack).toEqual(web('a').stack);
  });

  it('ends if references form a cycle', () => {
    const circle = { locals: { a: '${local.b}', b: '${local.a}' } };
    expect(tokenOf('${local.a}', circle)).toBe(tokenOf('${local.a}', circle));
    expect(tokenOf('${local.a}', circle)).not.toBe(
      tokenOf('${local.a}', { locals: { a: '${local.b}', b: '${local.c}' } }),
    );
    const itself = {
      cloudfoundry_app: { web: { count: '${length(cloudfoundry_app.web)}', name: '${cloudfoundry_app.web.name}' } },
    };
    expect(read({ resource: itself }).map(({ type }) => type)).toEqual(['cloudfoundry_app', 'count']);
  });
});

describe('a file that a text reads', () => {
  const CALLS = [
    'file("x")',
    'filebase64sha256("x")',
    'templatefile("./x", {})',
    'file("${path.module}/x")',
    'md5(file(local.x))',
  ];
  const token = (text: string, side: 'before' | 'after', files?: (path: string) => string | undefined) => {
    const json = { locals: { x: 'x' }, resource: { cloudfoundry_app: { web: { command: `\${${text}}` } } } };
    const stack = { name: 'demo', json, files };
    const [web] = readTrees([stack], [stack])[side];
    return (web?.values.command as Unresolved).token;
  };

  it.each(CALLS)('counts as changed if it is unavailable: %s', (call) => {
    expect(token(call, 'before')).not.toBe(token(call, 'after'));
  });

  it.each(CALLS.slice(0, -1))('counts as its content if it is available: %s', (call) => {
    const files = (content: string) => (path: string) => (path === 'x' ? content : undefined);
    expect(token(call, 'before', files('a'))).toBe(token(call, 'after', files('a')));
    expect(token(call, 'before', files('a'))).not.toBe(token(call, 'after', files('b')));
  });

  it('counts as its path if that identifies the content', () => {
    const call = `file("assets/x_1/${'0f'.repeat(32)}/x")`;
    expect(token(call, 'before')).toBe(token(call, 'after'));
  });
});

describe('lists instead of objects', () => {
  const body = { name: 'web' };
  it.each<[string, unknown]>([
    ['the file', [{ resource: { cloudfoundry_app: { web: body } } }]],
    ['the section', { resource: [{ cloudfoundry_app: { web: body } }] }],
    ['the type', { resource: { cloudfoundry_app: [{ web: body }] } }],
    ['the body', { resource: { cloudfoundry_app: { web: [body] } } }],
    ['all of them', [{ resource: [{ cloudfoundry_app: [{ web: [body] }] }] }]],
  ])('are read as the engine reads them: %s', (_, json) => {
    expect(read(json)).toEqual(read({ resource: { cloudfoundry_app: { web: body } } }));
    expect(read(json)).toHaveLength(1);
  });

  it('are read this way in every section', () => {
    const resource = { cloudfoundry_app: { web: { command: '${local.a}${var.b}${data.cloudfoundry_org.c.name}' } } };
    const lists = {
      resource,
      locals: [{ a: '1' }],
      variable: [{ b: [{ default: '2' }] }],
      data: [{ cloudfoundry_org: [{ c: [{ name: '3' }] }] }],
    };
    expect(at(lists, 'cloudfoundry_app.web')?.values.command).toBe('123');
  });

  it('hide nothing that occurs twice', () => {
    const twice = { resource: { cloudfoundry_app: { web: [{ name: 'web' }, { name: 'way-out' }] } } };
    expect(read(twice).map(({ values }) => values.name)).toEqual(['web', 'way-out']);
    const again = { resource: { cloudfoundry_app: { web: [[{ name: 'web' }, { name: 'way-out' }]] } } };
    expect(Object.values(read(again)[0]?.values ?? {})).toEqual(['web', 'way-out']);
  });
});

describe('a resource with several instances', () => {
  const app = (body: Json): string[] =>
    read({ locals: { names: ['a', 'b'] }, resource: { cloudfoundry_app: { web: { name: 'web', ...body } } } }).map(
      ({ address, values }) => `${address} ${JSON.stringify(values.name)}`,
    );

  it('is read as one for each', () => {
    expect(app({ count: 0 })).toEqual([]);
    expect(app({ count: 2, name: 'web-${count.index}' })).toEqual([
      'cloudfoundry_app.web[0] "web-0"',
      'cloudfoundry_app.web[1] "web-1"',
    ]);
    expect(app({ for_each: '${toset(local.names)}', name: '${each.key}' })).toEqual([
      'cloudfoundry_app.web["a"] "a"',
      'cloudfoundry_app.web["b"] "b"',
    ]);
    expect(app({ for_each: { x: { name: 'y' } }, name: '${each.value.name}' })).toEqual([
      'cloudfoundry_app.web["x"] "y"',
    ]);
  });

  it('is referred to by its key or index', () => {
    const resource = {
      cloudfoundry_space: { home: { for_each: { a: 1, b: 2 }, name: 'space-${each.key}' } },
      cloudfoundry_app: {
        web: { command: '${cloudfoundry_space.home["a"].name}', stack: '${cloudfoundry_space.home["a"].id}' },
      },
    };
    const values = at({ resource }, 'cloudfoundry_app.web')?.values;
    expect(values?.command).toBe('space-a');
    expect(values?.stack).toMatchObject({
      exact: true,
      references: [{ address: 'cloudfoundry_space.home["a"]', attribute: 'id' }],
    });
  });

  it('is read as one resource, with the number separately, if the number is unknown', () => {
    expect(read({ resource: { cloudfoundry_app: { web: { count: '${var.n}' } } } })).toMatchObject([
      { address: 'cloudfoundry_app.web' },
      { address: 'cloudfoundry_app.web count', type: 'count' },
    ]);
  });
});

describe("a block that isn't a resource", () => {
  const types = (json: unknown) => read(json).map(({ address, type }) => [address, type]);

  it('is passed on under the name of its block', () => {
    expect(
      types({
        '//': 'a comment',
        module: { a: { source: 'example/a/b' } },
        provider: { cloudfoundry: [{ api_url: 'https://a' }, { alias: 'east' }] },
        import: [{ to: 'cloudfoundry_app.a', id: '1' }],
        removed: { from: 'cloudfoundry_app.b' },
        moved: [{ from: 'cloudfoundry_app.c', to: 'cloudfoundry_app.d' }],
        ephemeral: { random_password: { e: {} } },
        action: { local_command: { f: {} } },
        check: { g: {} },
        surprise: { anything: 1 },
        terraform: { backend: { s3: { bucket: 'b' } }, required_version: '>= 1.5', required_providers: { x: '1' } },
        output: { h: { value: 1 } },
      }),
    ).toEqual([
      ['module.a', 'module'],
      ['provider.cloudfoundry', 'provider'],
      ['provider.cloudfoundry.east', 'provider'],
      ['import cloudfoundry_app.a', 'import'],
      ['removed cloudfoundry_app.b', 'removed'],
      ['moved cloudfoundry_app.c', 'moved'],
      ['ephemeral.random_password.e', 'ephemeral'],
      ['action.local_command.f', 'action'],
      ['check.g', 'check'],
      ['surprise', 'unknown block'],
      ['required provider x', 'required provider'],
      ['backend', 'backend'],
    ]);
  });

  it('is separate from the attributes of the resource that contains it', () => {
    const [web, ...rest] = read({
      resource: {
        cloudfoundry_app: {
          web: {
            name: 'web',
            depends_on: ['cloudfoundry_app.b'],
            provider: 'cloudfoundry.east',
            lifecycle: { create_before_destroy: true, ignore_changes: ['name'] },
            provisioner: [{ 'local-exec': { command: 'a' } }, { 'local-exec': { command: 'b' } }],
            dynamic: { routes: { for_each: [] } },
          },
        },
      },
    });
    expect(web?.values).toEqual({ name: 'web' });
    expect(rest.map(({ address, type, provider }) => [address, type, provider])).toEqual([
      ['cloudfoundry_app.web provider', 'provider', undefined],
      ['cloudfoundry_app.web lifecycle', 'lifecycle', undefined],
      ['cloudfoundry_app.web provisioner', 'provisioner', undefined],
      ['cloudfoundry_app.web provisioner (again)', 'provisioner', undefined],
      ['cloudfoundry_app.web dynamic', 'dynamic', undefined],
    ]);
  });

  it('belongs to the provider that the stack declares', () => {
    const json = {
      terraform: { required_providers: { docker: { source: 'registry.terraform.io/kreuzwerker/docker' } } },
      resource: { docker_image: { a: {} }, random_pet: { b: {} }, terraform_data: { c: {} } },
      data: { external: { d: {} }, terraform_remote_state: { e: {} } },
    };
    expect(read(json).map(({ type, provider, managed }) => [type, provider, managed])).toEqual([
      ['required provider', 'kreuzwerker/docker', true],
      ['docker_image', 'kreuzwerker/docker', true],
      ['random_pet', 'hashicorp/random', true],
      ['terraform_data', 'terraform.io/builtin/terraform', true],
      ['external', 'hashicorp/external', true],
      ['terraform_remote_state', 'terraform.io/builtin/terraform', false],
    ]);
  });
});

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
