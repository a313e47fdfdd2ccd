import { FOLDER, lines, type Peer } from './peer';

/**
 * Stripe's smokescreen with one list for all clients: it identifies clients by certificates, which no client in the
 * recipe has, and supports neither passwords nor ports.
 *
 * @see https://github.com/stripe/smokescreen
 */
export const smokescreen: Peer = {
  name: 'smokescreen',
  files: ({ port, destinations }) => ({
    'smokescreen.yaml': lines(`port: ${port}`, 'allow_missing_role: true', `acl_file: ${FOLDER}/acl.yaml`),
    'acl.yaml': lines(
      'version: v1',
      'services: []',
      'default:',
      '  project: everybody',
      '  action: enforce',
      '  allowed_domains:',
      // Its wildcard doesn't include the domain itself.
      ...destinations
        .flatMap(({ host, below }) => (below ? [host, `*.${host}`] : [host]))
        .map((name) => `    - '${name}'`),
    ),
  }),
  command: `exec smokescreen --config-file ${FOLDER}/smokescreen.yaml`,
};
