import { isNamedByContent } from './tree/files';
import { canonical, Unresolved, type Resource } from './values';

/**
 * A hash that the code writes as a literal says nothing about the file at the path, which each update uploads. So it
 * stands for whatever else the application says, unless the path itself contains a hash of the content.
 */
export function withPackage(resource: Resource): Resource {
  const { type, values } = resource;
  const { path } = values;
  if (type !== 'cloudfoundry_app' || typeof path !== 'string' || isNamedByContent(path)) return resource;
  // Not needed for an image, where it would be long.
  if (typeof values.source_code_hash !== 'string') return resource;
  const said = new Unresolved(`text ${canonical(values)}`, 'it is written as a string');
  return { ...resource, values: { ...values, source_code_hash: said } };
}
