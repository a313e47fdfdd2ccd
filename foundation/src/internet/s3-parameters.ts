import { BrokerRefusal, type Parameters } from '../cloud/broker';
import { OBJECT_OWNERSHIPS, type ObjectOwnership } from './s3-catalog';

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

const requireKnown = (parameters: Parameters, known: string, what: string): unknown => {
  const unknown = Object.keys(parameters).filter((name) => name !== known);
  if (unknown.length > 0) {
    throw new BrokerRefusal(`unknown parameter ${quoted(unknown)}: ${what} takes only '${known}'`);
  }
  return parameters[known];
};

/** @returns `undefined` if the parameter is absent */
export const readOwnership = (parameters: Parameters): ObjectOwnership | undefined => {
  const value = requireKnown(parameters, 'object_ownership', 'a bucket');
  const known = OBJECT_OWNERSHIPS.find((ownership) => ownership === value);
  if (value !== undefined && known === undefined) {
    throw new BrokerRefusal(
      `object_ownership is ${JSON.stringify(value)}: it must be one of ${quoted(OBJECT_OWNERSHIPS)}`,
    );
  }
  return known;
};

/** Names of other instances whose buckets the credentials also give access to. */
export const readAdditionalInstances = (parameters: Parameters): readonly string[] => {
  const value = requireKnown(parameters, 'additional_instances', 'a binding') ?? [];
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    throw new BrokerRefusal(
      `additional_instances is ${JSON.stringify(value)}: it must be a list of names of service instances`,
    );
  }
  return value;
};
