export type Json = Readonly<Record<string, unknown>>;

/** The parts of the program that a test changes. */
export interface Parts {
  readonly allow?: string;
  readonly web?: Json;
  readonly policy?: Json;
}

/** `web` in a closed space, and a proxy for it in one that reaches the internet, as cdktf writes them. */
export function program(sections: Json = {}, { allow = 'a.example.gov:443', web = {}, policy = {} }: Parts = {}): Json {
  const { resource, data, ...others } = sections;
  return {
    terraform: { required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry', version: '1.16.0' } } },
    provider: { cloudfoundry: [{}] },
    data: merged(
      {
        cloudfoundry_org: { org: { name: 'org' } },
        cloudfoundry_security_group: { public: { name: 'public_networks_egress' } },
      },
      data,
    ),
    resource: merged(
      {
        cloudfoundry_space: {
          closed: { name: 'closed', org: '${data.cloudfoundry_org.org.id}' },
          open: { name: 'open', org: '${data.cloudfoundry_org.org.id}' },
        },
        cloudfoundry_security_group_space_bindings: {
          open: {
            security_group: '${data.cloudfoundry_security_group.public.id}',
            running_spaces: ['${cloudfoundry_space.open.id}'],
          },
        },
        cloudfoundry_app: {
          web: { ...app('web', 'closed'), ...web },
          proxy: { ...app('proxy', 'open'), environment: { EGRESS_ALLOW: allow } },
        },
        cloudfoundry_network_policy: {
          way: {
            policies: [
              {
                source_app: '${cloudfoundry_app.web.id}',
                destination_app: '${cloudfoundry_app.proxy.id}',
                protocol: 'tcp',
                port: '3128',
              },
            ],
            ...policy,
          },
        },
      },
      resource,
    ),
    ...others,
  };
}

function app(name: string, space: string): Json {
  return {
    name,
    org_name: 'org',
    space_name: `\${cloudfoundry_space.${space}.name}`,
    docker_image: `registry.example/${name}:1`,
  };
}

/** Merges two objects, including members that both have. */
function merged(one: Json, other: unknown): Json {
  const isObject = (value: unknown): value is Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(other)) return other === undefined ? one : { ...one };
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => {
      const [mine, theirs] = [one[name], other[name]];
      return [name, isObject(mine) && isObject(theirs) ? merged(mine, theirs) : (theirs ?? mine)];
    }),
  );
}
