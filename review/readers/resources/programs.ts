import type { Program } from '../../model/facts';
import { contentOf, type Pushed } from './pushed';
import { canonical, isObject, listOf, SET_LATER, Unresolved, type Value } from '../values';

type Values = Readonly<Record<string, Value>>;

/** What an application of the provider runs. An image decides over files and buildpacks, which it has no use for. */
export function programOf(values: Values, services: readonly Values[] = [], pushed: Pushed = new Map()): Program {
  const { docker_image: image = null, command, processes, sidecars } = values;
  const parts = [
    ...part('command', command),
    ...each(processes, 'processes', ({ type, command: own }) => part(`command of process ${named(type)}`, own)),
    ...each(sidecars, 'sidecars', ({ name, command: own, process_types: types }) =>
      part(`sidecar ${named(name)}`, [own ?? null, sorted(types)]),
    ),
    ...each(values.service_bindings, 'service bindings', ({ service_instance: service, params }) =>
      part(`binding of service ${named(service)}`, [params ?? null]),
    ),
    // Credentials of a service are as good as variables of the environment.
    ...services.flatMap(({ name, credentials = null, parameters = null, params = null }) =>
      part(`content of service ${named(name)}`, [credentials, parameters, ...(params === null ? [] : [params])]),
    ),
  ];
  if (image instanceof Unresolved) {
    return { image: { token: image.token, because: image.because }, parts: new Map(parts) };
  }
  if (typeof image === 'string') {
    const content = contentOf(image, pushed);
    return { image, parts: new Map(parts), ...(content !== undefined && { content }) };
  }
  const { buildpacks, stack, path, source_code_hash: hash } = values;
  const files = part('package', hash === undefined && path === undefined ? null : [path ?? null, hash ?? null]);
  return { parts: new Map([...parts, ...part('list of buildpacks', buildpacks), ...part('stack', stack), ...files]) };
}

function part(name: string, value: Value | undefined): [string, string][] {
  return value === undefined || value === null ? [] : [[name, canonical(value)]];
}

/** A set that can't be read is one part, whatever is in it. */
function each(set: Value | undefined, name: string, read: (one: Values) => [string, string][]): [string, string][] {
  // Of what the code leaves out, the platform makes nothing.
  if (set instanceof Unresolved && set.because === SET_LATER) return [];
  if (set instanceof Unresolved) return part(`list of ${name}`, set);
  const hidden = listOf(set).filter((one) => one instanceof Unresolved);
  return [...listOf(set).filter(isObject).flatMap(read), ...(hidden.length > 0 ? part(`list of ${name}`, hidden) : [])];
}

function named(value: Value | undefined): string {
  return typeof value === 'string' ? value : canonical(value ?? null);
}

function sorted(set: Value | undefined): Value {
  return Array.isArray(set) ? set.map(canonical).sort() : (set ?? null);
}
