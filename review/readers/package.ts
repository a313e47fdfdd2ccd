import { isNamedByContent } from './tree/files';
import { canonical, Unresolved, type Resource } from './values';

/**
 * A hash that the code says as a text tells nothing of what lies at the path, which each update uploads: it stands for whatever
 * else the application says, unless the path itself is named by its content.
 */
export function withPackage(resource: Resource): Resource {
  const { type, values } = resource;
  const { path } = values;
  if (type !== 'cloudfoundry_app' || typeof path !== 'string' || isNamedByContent(path)) return resource;
  // Of an image it is long, and not asked for.
  if (typeof values.source_code_hash !== 'string') return resource;
  const said = new Unresolved(`text ${canonical(values)}`, 'it is written as a string');
  return { ...resource, values: { ...values, source_code_hash: said } };
}
