import { Image } from '@cdktf/provider-docker/lib/image';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { RegistryImage } from '@cdktf/provider-docker/lib/registry-image';
import { TerraformOutput } from 'cdktf';
import { folderHash } from '../../constructs/values/pushed-files';
import { ProxyImage, type ProxyImageProps } from '../../constructs/proxy-image';
import { synthStack } from '../support/synth';

const built = (props: Partial<ProxyImageProps> = {}) =>
  synthStack((stack) => {
    new DockerProvider(stack, 'docker', { registryAuth: [ProxyImage.registryAuth('localhost:5000')] });
    const { reference } = new ProxyImage(stack, 'Image', { repository: 'localhost:5000/proxy', ...props });
    new TerraformOutput(stack, 'reference', { value: reference });
  });

test('the image is built from the squid folder next to the code, tagged by its content, and referred to by its digest', () => {
  const hash = folderHash('squid');
  const out = built();
  expect(out.outputs.reference).toMatch(
    /^localhost:5000\/proxy@\$\{docker_registry_image\.Image_\w+\.sha256_digest\}$/,
  );
  const context = expect.stringMatching(new RegExp(`^assets/Image_Context_\\w+/${hash}$`)) as string;
  expect(out.resources(Image)).toEqual([
    {
      name: `localhost:5000/proxy:${hash.slice(0, 12)}`,
      build: { context },
      triggers: { content: hash },
      keep_locally: true,
    },
  ]);
  expect(out.resources(RegistryImage)).toEqual([
    {
      name: expect.stringMatching(/^\$\{docker_image\.Image_\w+\.name\}$/) as string,
      triggers: { content: hash },
      keep_remotely: true,
    },
  ]);
  expect(out.files.filter((file) => file.endsWith('/Dockerfile'))).toHaveLength(1);
});

test('another platform can be named', () => {
  expect(built({ platform: 'linux/amd64' }).resources(Image)).toEqual([
    expect.objectContaining({ build: expect.objectContaining({ platform: 'linux/amd64' }) as object }),
  ]);
});

test('version 4 of the docker provider is accepted, too', () => {
  expect(built().text).toContain('"version": ">= 3.6.2"');
});

test('an image that is built elsewhere is pinned to the current digest of its tag', () => {
  const out = synthStack((stack) => {
    new DockerProvider(stack, 'docker', {});
    const value = ProxyImage.published(stack, 'Image', 'ghcr.io/team/egress-proxy:current');
    new TerraformOutput(stack, 'reference', { value });
  });
  expect(out.outputs.reference).toBe('ghcr.io/team/egress-proxy@${data.docker_registry_image.Image.sha256_digest}');
  expect(out.resources(Image)).toEqual([]);
  expect(out.text).toContain('"name": "ghcr.io/team/egress-proxy:current"');
  expect(out.text).toContain('"version": ">= 3.6.2"');
});

test.each(['egress-proxy:1', 'ghcr.io/team/egress-proxy', 'ghcr.io/team/proxy@sha256:00'])(
  '%s names no tag of a registry',
  (text) => {
    expect(() => synthStack((stack) => ProxyImage.published(stack, 'Image', text))).toThrow('write REGISTRY/NAME:TAG');
  },
);

test.each([
  ['localhost:5000', undefined, { address: 'http://localhost:5000', authDisabled: true }],
  ['127.0.0.1:5000', undefined, { address: 'http://127.0.0.1:5000', authDisabled: true }],
  ['ghcr.io/team', undefined, { address: 'ghcr.io', authDisabled: true }],
  ['ghcr.io/team', { username: 'u', password: 'p' }, { address: 'ghcr.io', username: 'u', password: 'p' }],
  ['localhost.example:5000', undefined, { address: 'localhost.example:5000', authDisabled: true }],
])('the provider logs in to %s by its host, over HTTP only on this machine', (registry, credentials, auth) => {
  expect(ProxyImage.registryAuth(registry, credentials)).toEqual(auth);
});

test.each(['proxy', 'localhost:5000/proxy:1', 'https://ghcr.io/proxy', 'ghcr.io/Team/proxy', 'ghcr.io/proxy@sha256:1'])(
  "fails for '%s', which isn't a repository",
  (repository) => {
    expect(() => built({ repository })).toThrow(
      `'${repository}' is not a repository: write REGISTRY/NAME in lower case`,
    );
  },
);
