/**
 * Reads an application manifest.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html
 */
import { parse } from 'yaml';
import { z } from 'zod';
import { allUnprocessable, badRequest, unprocessable } from './errors';
import { parseBytes, parseMegabytes } from './megabytes';
import { metadata } from './metadata';
import type { ProcessHealthCheck } from './records';
import { routeOptions, routeProtocol } from './routes';
import type { SidecarCommand } from './sidecars';

const size = (label: string) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const [, sign, amount = ''] = /^(-?)(.*)$/s.exec(String(value)) ?? [];
    const megabytes = parseMegabytes(amount);
    if (megabytes === undefined) {
      context.addIssue(`${label} must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB`);
      return z.NEVER;
    }
    if (sign === '-' || megabytes === 0) {
      context.addIssue(`${label} must be greater than 0MB`);
      return z.NEVER;
    }
    return megabytes;
  });

/** @param label the field's name in the platform's messages */
export const uriPath = (label: string) =>
  z.string().refine((text) => /^\/[^\s]*$/.test(text), { error: `${label} must be a valid URI path` });

const typeFault = (label: string): string => `${label} type must be "port", "process", or "http"`;
const TYPES = ['port', 'http', 'process'] as const;

/** -1, a number of bytes, or a number with a unit. */
const isLogRate = (given: string | number): boolean =>
  /^(-1|\d+)$/.test(String(given)) || parseBytes(String(given)) !== undefined;

const seconds = (label: string) =>
  z
    .number(`${label} is not a number`)
    .int(`${label} must be an integer`)
    .min(1, `${label} must be greater than or equal to 1`);

const processAttributes = {
  instances: z
    .number('Instances is not a number')
    .int('Instances must be an integer')
    .min(0, 'Instances must be greater than or equal to 0')
    .optional(),
  memory: size('Memory').optional(),
  disk_quota: size('Disk quota').optional(),
  'disk-quota': size('Disk quota').optional(),
  command: z.string().nullish(),
  timeout: seconds('Timeout').optional(),
  'health-check-type': z.enum([...TYPES, 'none'], typeFault('Health check')).optional(),
  'health-check-http-endpoint': uriPath('Health check http endpoint').optional(),
  'health-check-invocation-timeout': seconds('Health check invocation timeout').optional(),
  'health-check-interval': seconds('Health check interval').optional(),
  'readiness-health-check-type': z.enum(TYPES, typeFault('Readiness health check')).optional(),
  'readiness-health-check-http-endpoint': uriPath('Readiness health check http endpoint').optional(),
  'readiness-health-check-invocation-timeout': seconds('Readiness health check invocation timeout').optional(),
  'readiness-health-check-interval': seconds('Readiness health check interval').optional(),
  'log-rate-limit-per-second': z
    .union([z.string(), z.number()])
    .refine(isLogRate, 'Log rate limit per second must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB')
    .optional(),
};

const ROUTES = 'Routes must be a list of route objects';
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** As on the platform, unknown fields are ignored; known ones that this foundation doesn't support are refused. */
const fieldsSchema = z.object({
  ...processAttributes,
  name: z.string('Name must not be empty').min(1, 'Name must not be empty'),
  env: z.record(z.string(), value, 'Env must be an object of keys and values').nullish(),
  buildpack: z.string().nullish(),
  buildpacks: z.array(z.string()).nullish(),
  stack: z.string().optional(),
  docker: z.object({ image: z.string().optional(), username: z.string().optional() }).optional(),
  lifecycle: z.enum(['docker', 'buildpack']).optional(),
  services: z
    .array(
      z.union([
        z.string(),
        z.object({
          name: z.string(),
          binding_name: z.string().nullish(),
          parameters: z.record(z.string(), z.unknown()).nullish(),
        }),
      ]),
    )
    .nullish(),
  routes: z
    .array(z.object({ route: z.string(), protocol: routeProtocol, options: routeOptions }, ROUTES), ROUTES)
    .nullish(),
  'no-route': z.boolean().optional(),
  'random-route': z.boolean().optional(),
  'default-route': z.boolean().optional(),
  processes: z.array(z.object({ ...processAttributes, type: z.string('All Processes must specify a type') })).nullish(),
  metadata,
  features: z.record(z.string(), z.boolean()).nullish(),
  sidecars: z
    .array(
      z.object({
        name: z.string('Sidecar name must be a string').min(1, "Sidecar name can't be blank"),
        command: z.string('Sidecar command must be a string').min(1, "Sidecar command can't be blank"),
        process_types: z.array(z.string()).min(1, 'Sidecar process types must have at least 1 process_type'),
        memory: size('Memory').optional(),
      }),
    )
    .nullish(),
});

type Fields = z.output<typeof fieldsSchema>;

/** Rules about several fields together, with the platform's messages. */
const RULES: readonly ((given: Fields) => string | undefined)[] = [
  ({ buildpack, buildpacks }) =>
    buildpack != null && buildpacks != null ? 'Buildpack and Buildpacks fields cannot be used together.' : undefined,
  (given) =>
    given['random-route'] === true && given['default-route'] === true
      ? 'Random-route and default-route may not be used together'
      : undefined,
  ({ processes }) => {
    const twice = processes?.find(({ type }, index) => processes.findIndex((other) => other.type === type) < index);
    return twice && `Process "${twice.type}" may only be present once`;
  },
];

const applicationSchema = fieldsSchema.superRefine((given, context) => {
  for (const message of RULES.flatMap((rule) => rule(given) ?? [])) context.addIssue({ code: 'custom', message });
});

export interface ManifestProcess {
  readonly type: string;
  readonly instances?: number;
  readonly memory?: number;
  readonly disk?: number;
  readonly logRateLimit?: number;
  readonly command?: string | null;
  readonly healthCheck: Partial<ProcessHealthCheck>;
  readonly readinessHealthCheck: Partial<ProcessHealthCheck>;
}

export interface ManifestService {
  readonly name: string;
  readonly bindingName?: string | null;
  /** Parameters for the broker. */
  readonly parameters?: Readonly<Record<string, unknown>> | null;
}

export interface ManifestApplication {
  readonly name: string;
  readonly docker: boolean;
  readonly buildpacks?: readonly string[];
  readonly stack?: string;
  readonly env: Readonly<Record<string, string | null>>;
  readonly services: readonly ManifestService[];
  readonly routes: readonly string[];
  readonly noRoute: boolean;
  readonly randomRoute: boolean;
  readonly defaultRoute: boolean;
  readonly processes: readonly ManifestProcess[];
  readonly features: Readonly<Record<string, boolean>>;
  /** Absent in jobs from before sidecars were supported. */
  readonly sidecars?: readonly SidecarCommand[];
  readonly metadata?: {
    readonly labels?: Record<string, string | null> | null;
    readonly annotations?: Record<string, string | null> | null;
  } | null;
}

type Attributes = z.output<z.ZodObject<typeof processAttributes>>;

const UNLIMITED = -1;

const logRate = (limit: string | number | undefined): number | undefined => {
  if (limit === undefined) return undefined;
  const plain = Number(limit);
  return parseBytes(String(limit)) ?? (Number.isInteger(plain) ? plain : UNLIMITED);
};

const toProcess = (type: string, given: Attributes): ManifestProcess => {
  const health = given['health-check-type'];
  return {
    type,
    instances: given.instances,
    memory: given.memory,
    disk: given['disk-quota'] ?? given.disk_quota,
    logRateLimit: logRate(given['log-rate-limit-per-second']),
    command: given.command === 'null' || given.command === 'default' ? null : given.command,
    healthCheck: {
      type: health === 'none' ? 'process' : health,
      endpoint: given['health-check-http-endpoint'],
      timeout: given.timeout,
      interval: given['health-check-interval'],
      invocationTimeout: given['health-check-invocation-timeout'],
    },
    readinessHealthCheck: {
      type: given['readiness-health-check-type'],
      endpoint: given['readiness-health-check-http-endpoint'],
      interval: given['readiness-health-check-interval'],
      invocationTimeout: given['readiness-health-check-invocation-timeout'],
    },
  };
};

const toApplication = (given: z.output<typeof applicationSchema>): ManifestApplication => {
  const buildpacks = given.buildpacks ?? (typeof given.buildpack === 'string' ? [given.buildpack] : undefined);
  const docker = given.docker?.image !== undefined || given.lifecycle === 'docker';
  if (docker && buildpacks) throw unprocessable('Cannot specify both buildpack(s) and docker keys');
  const processes = (given.processes ?? []).map((process) => toProcess(process.type, process));
  // The application's own process settings apply to `web`, unless `processes` has an entry for it.
  const web = processes.some(({ type }) => type === 'web') ? [] : [toProcess('web', given)];
  return {
    name: given.name,
    docker,
    buildpacks,
    stack: given.stack,
    env: Object.fromEntries(
      Object.entries(given.env ?? {}).map(([name, content]) => [name, content === null ? null : String(content)]),
    ),
    services: (given.services ?? []).map((service) =>
      typeof service === 'string'
        ? { name: service }
        : { name: service.name, bindingName: service.binding_name, parameters: service.parameters },
    ),
    routes: (given.routes ?? []).map(({ route }) => route),
    noRoute: given['no-route'] ?? false,
    randomRoute: given['random-route'] ?? false,
    defaultRoute: given['default-route'] ?? false,
    processes: [...web, ...processes],
    features: given.features ?? {},
    sidecars: (given.sidecars ?? []).map(({ process_types: processTypes, ...sidecar }) => ({
      ...sidecar,
      processTypes,
    })),
    metadata: given.metadata,
  };
};

/** Adds the platform's prefix to a fault of an application. */
const forApplication = (name: unknown, index: number, fault: string): string =>
  `For application ${typeof name === 'string' && name !== '' ? `'${name}'` : `at index ${index}`}: ${fault}`;

/** The process type that a fault is about: `web` for the application's own process settings. */
const processOf = (application: unknown, [first, index, attribute]: readonly PropertyKey[]): string | undefined => {
  if (first !== 'processes') return String(first) in processAttributes ? 'web' : undefined;
  const processes = (application as { processes: readonly { type?: unknown }[] }).processes;
  const type = attribute === undefined || attribute === 'type' ? undefined : processes[Number(index)]?.type;
  return typeof type === 'string' ? type : undefined;
};

const describe = (application: unknown, { path, message }: z.core.$ZodIssue): string => {
  const process = processOf(application, path);
  const fault = message.startsWith('Invalid') ? `${path.join('.')}: ${message}` : message;
  return process === undefined ? fault : `Process "${process}": ${fault}`;
};

const read = (text: string): unknown => {
  try {
    // At other levels, `parse` prints its warnings.
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    throw badRequest(`Manifest does not contain valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
};

export const parseManifest = (text: string): readonly ManifestApplication[] => {
  const document = read(text);
  const applications = (document as { applications?: unknown } | null)?.applications;
  if (!Array.isArray(applications) || applications.length === 0) {
    throw unprocessable('Manifest must contain an array of applications');
  }
  const parsed = applications.map((application: unknown) => applicationSchema.safeParse(application));
  const faults = parsed.flatMap(({ error }, index) => {
    const application: unknown = applications[index];
    const name = (application as { name?: unknown } | null)?.name;
    return (error?.issues ?? []).map((issue) => forApplication(name, index, describe(application, issue)));
  });
  if (faults.length > 0) throw allUnprocessable(faults);
  return parsed.flatMap(({ data }) => (data ? [toApplication(data)] : []));
};
