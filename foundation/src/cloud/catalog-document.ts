/**
 * Reads the catalog of a registered broker, and lists its problems in the platform's words.
 *
 * @see https://github.com/openservicebrokerapi/servicebroker/blob/v2.17/spec.md#catalog-management
 * @see https://github.com/cloudfoundry/cloud_controller_ng/blob/main/lib/services/service_brokers/v2/catalog.rb
 */
import type { CatalogOffering, CatalogPlan } from './broker';
import { catalogIncompatible, catalogInvalid } from './errors';

type Fields = Readonly<Record<string, unknown>>;

/** The problems of one object, and of its parts by name. */
class Problems {
  public readonly messages: string[] = [];
  private readonly parts: (readonly [title: string, problems: Problems])[] = [];

  public add(isWrong: boolean, message: string): void {
    if (isWrong) this.messages.push(message);
  }

  public of(title: string): Problems {
    const problems = new Problems();
    this.parts.push([title, problems]);
    return problems;
  }

  public get isEmpty(): boolean {
    return this.messages.length === 0 && this.parts.every(([, problems]) => problems.isEmpty);
  }

  public lines(indent = ''): string[] {
    return [
      ...this.messages.map((message) => `${indent}${message}`),
      ...this.parts.flatMap(([title, problems]) =>
        problems.isEmpty ? [] : [`${indent}${title}`, ...problems.lines(`${indent}  `)],
      ),
    ];
  }

  public get text(): string {
    return `\n${this.lines()
      .map((line) => `${line}\n`)
      .join('')}`;
  }
}

const MAX_DESCRIPTION = 10_000;
const MAX_TAGS = 2048;
const MAX_SCHEMA = 64 * 1024;
const REQUIRES = ['syslog_drain', 'route_forwarding', 'volume_mount'];

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => JSON.stringify(value);

/** As in Ruby, an absent field is the same as `null`. */
const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

/** Reads the fields of one object and notes their problems. */
class Reader {
  public constructor(
    private readonly fields: Fields,
    private readonly problems: Problems,
  ) {}

  public text(field: string, title: string): string {
    const value = this.fields[field];
    if (!isMissing(value) && typeof value !== 'string') {
      this.problems.add(true, `${title} must be a string, but has value ${shown(value)}`);
      return '';
    }
    this.problems.add((value ?? '').trim() === '', `${title} is required`);
    return value ?? '';
  }

  public flag(field: string, title: string, isRequired = false): boolean | undefined {
    const value = this.fields[field];
    this.problems.add(isRequired && isMissing(value), `${title} is required`);
    this.problems.add(
      !isMissing(value) && typeof value !== 'boolean',
      `${title} must be a boolean, but has value ${shown(value)}`,
    );
    return typeof value === 'boolean' ? value : undefined;
  }

  public whole(field: string, title: string): number | undefined {
    const value = this.fields[field];
    this.problems.add(
      !isMissing(value) && !Number.isInteger(value),
      `${title} must be an integer, but has value ${shown(value)}`,
    );
    return Number.isInteger(value) ? (value as number) : undefined;
  }

  public texts(field: string, title: string): readonly string[] {
    const value = this.fields[field] ?? [];
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
    this.problems.add(!isList, `${title} must be an array of strings, but has value ${shown(value)}`);
    return isList ? value : [];
  }

  public object(field: string, title: string): Fields | undefined {
    const value = this.fields[field];
    this.problems.add(!isMissing(value) && !isObject(value), `${title} must be a hash, but has value ${shown(value)}`);
    return isObject(value) ? value : undefined;
  }

  public part(field: string, title: string): Reader {
    return new Reader(this.object(field, title) ?? {}, this.problems);
  }

  public objects(field: string, title: string): readonly Fields[] {
    const value = this.fields[field] ?? [];
    const isList = Array.isArray(value) && value.every(isObject);
    this.problems.add(!isList, `${title} must be an array of hashes, but has value ${shown(value)}`);
    return isList ? value : [];
  }
}

const duplicates = (values: readonly string[]): readonly string[] => [
  ...new Set(values.filter((value, at) => values.indexOf(value) !== at)),
];

const readSchema = (reader: Reader, problems: Problems, title: string): object | undefined => {
  const schema = reader.object('parameters', `Schema ${title}.parameters`);
  if (schema) {
    const path = `Schema ${title}.parameters`;
    problems.add(JSON.stringify(schema).length > MAX_SCHEMA, `${path} is larger than 64KB`);
    problems.add(
      typeof schema['$schema'] !== 'string',
      `${path} is not valid. Schema must have $schema key but was not present`,
    );
  }
  return schema;
};

const readSchemas = (reader: Reader, problems: Problems): CatalogPlan['schemas'] => {
  const schemas = reader.part('schemas', 'Schemas');
  const instance = schemas.part('service_instance', 'Schemas service_instance');
  const binding = schemas.part('service_binding', 'Schemas service_binding');
  const read = (from: Reader, what: string, verb: string) =>
    readSchema(from.part(verb, `Schemas ${what}.${verb}`), problems, `${what}.${verb}`);
  return {
    create: read(instance, 'service_instance', 'create'),
    update: read(instance, 'service_instance', 'update'),
    bind: read(binding, 'service_binding', 'create'),
  };
};

const readPlan = (fields: Fields, around: Problems): CatalogPlan => {
  const problems = around.of(`Plan ${String(fields['name'])}`);
  const reader = new Reader(fields, problems);
  return {
    id: reader.text('id', 'Plan id'),
    name: reader.text('name', 'Plan name'),
    description: reader.text('description', 'Plan description'),
    extra: reader.object('metadata', 'Plan metadata'),
    free: reader.flag('free', 'Plan free') ?? true,
    bindable: reader.flag('bindable', 'Plan bindable'),
    planUpdateable: reader.flag('plan_updateable', 'Plan updateable'),
    maximumPollingDuration: reader.whole('maximum_polling_duration', 'Maximum polling duration'),
    schemas: readSchemas(new Reader(fields, problems.of('Schemas')), problems),
  };
};

const readPlans = (reader: Reader, problems: Problems, name: string): readonly CatalogPlan[] => {
  const listed = reader.objects('plans', 'Service plans list');
  problems.add(listed.length === 0, 'At least one plan is required');
  const plans = listed.map((fields) => readPlan(fields, problems));
  for (const id of duplicates(plans.map((plan) => plan.id))) {
    problems.add(true, `Plan ids must be unique. Service ${name} already has a plan with id '${id}'`);
  }
  for (const plan of duplicates(plans.map((one) => one.name))) {
    problems.add(true, `Plan names must be unique within a service. Service ${name} already has a plan named ${plan}`);
  }
  return plans;
};

const readOffering = (fields: Fields, around: Problems): CatalogOffering => {
  const problems = around.of(`Service ${String(fields['name'])}`);
  const reader = new Reader(fields, problems);
  const name = reader.text('name', 'Service name');
  const description = reader.text('description', 'Service description');
  const tags = reader.texts('tags', 'Service tags');
  const requires = reader.texts('requires', 'Service "requires" field');
  const extra = reader.object('metadata', 'Service metadata');
  problems.add(
    description.length > MAX_DESCRIPTION,
    `Service description may not have more than ${MAX_DESCRIPTION} characters`,
  );
  problems.add(tags.join('').length > MAX_TAGS, `Tags for the service ${name} must be ${MAX_TAGS} characters or less.`);
  for (const value of requires.filter((one) => !REQUIRES.includes(one))) {
    problems.add(true, `Service "requires" field contains unsupported value "${value}"`);
  }
  return {
    id: reader.text('id', 'Service id'),
    name,
    description,
    tags,
    requires,
    shareable: new Reader(extra ?? {}, problems).flag('shareable', 'Service metadata shareable') ?? false,
    bindable: reader.flag('bindable', 'Service "bindable" field', true) ?? true,
    planUpdateable: reader.flag('plan_updateable', 'Service "plan_updateable" field') ?? false,
    instancesRetrievable: reader.flag('instances_retrievable', 'Service "instances_retrievable" field') ?? false,
    bindingsRetrievable: reader.flag('bindings_retrievable', 'Service "bindings_retrievable" field') ?? false,
    allowContextUpdates: reader.flag('allow_context_updates', 'Service "allow_context_updates" field') ?? false,
    extra,
    plans: readPlans(reader, problems, name),
  };
};

/** Plan IDs must be unique across offerings. */
const noteSharedPlanIds = (offerings: readonly CatalogOffering[], problems: Problems): void => {
  const seen = new Map<string, { readonly plan: CatalogPlan; readonly offering: CatalogOffering }>();
  for (const offering of offerings) {
    for (const plan of offering.plans) {
      const other = seen.get(plan.id);
      problems.add(
        other !== undefined && other.offering !== offering,
        `Plan ids must be unique. Unable to register plan with id '${plan.id}' (plan name '${plan.name}', service name ` +
          `'${offering.name}') because it uses the same id as another plan in the catalog (plan name ` +
          `'${other?.plan.name ?? ''}', service name '${other?.offering.name ?? ''}')`,
      );
      seen.set(plan.id, { plan, offering });
    }
  }
};

const UNSUPPORTED: Readonly<Record<string, readonly [is: string, support: string]>> = {
  route_forwarding: ['a route service', 'route services'],
  volume_mount: ['a volume mount service', 'volume mount services'],
};

const requireCompatible = (offerings: readonly CatalogOffering[]): void => {
  const problems = new Problems();
  for (const { name, requires = [] } of offerings) {
    for (const [feature, [is, support]] of Object.entries(UNSUPPORTED)) {
      problems.add(
        requires.includes(feature),
        `Service ${name} is declared to be ${is} but support for ${support} is disabled.`,
      );
    }
  }
  if (!problems.isEmpty) throw catalogIncompatible(problems.text);
};

/** @param clashes returns the conflicts with offerings that exist already */
export const readCatalog = (
  document: object,
  clashes: (offerings: readonly CatalogOffering[]) => readonly string[],
): readonly CatalogOffering[] => {
  const problems = new Problems();
  const listed = new Reader(document as Fields, problems).objects('services', 'Service list');
  const offerings = listed.map((fields) => readOffering(fields, problems));
  problems.add(offerings.length === 0, 'Service broker must provide at least one service');
  problems.add(duplicates(offerings.map(({ id }) => id)).length > 0, 'Service ids must be unique');
  problems.add(
    duplicates(offerings.map(({ name }) => name)).length > 0,
    'Service names must be unique within a broker',
  );
  noteSharedPlanIds(offerings, problems);
  for (const clash of clashes(offerings)) problems.add(true, clash);
  if (!problems.isEmpty) throw catalogInvalid(problems.text);
  requireCompatible(offerings);
  return offerings;
};
