import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type ProxyParts, ProxyVariables } from '../../constructs';
import { dockerVariables } from '../../constructs/values/proxy-variables';
import { blocksOf } from './pages';

interface ProxyProgram {
  /** The command that must be installed, and its Debian package. */
  readonly needs: string;
  readonly package: string;
  /** Sends a request to a host over TLS. It can fail, because the host doesn't have what it requests. */
  readonly ask: (host: string) => readonly string[];
  readonly files?: (host: string, port: string) => Readonly<Record<string, string>>;
  readonly presets?: readonly ProxyVariables[];
}

/** The JDK's own client, whose Authenticator takes the credentials from the address. */
const JAVA = `import java.net.*;
public class Ask {
  public static void main(String[] args) throws Exception {
    Authenticator.setDefault(new Authenticator() {
      protected PasswordAuthentication getPasswordAuthentication() {
        String[] parts = URI.create(System.getenv("HTTPS_PROXY")).getUserInfo().split(":", 2);
        return new PasswordAuthentication(parts[0], parts[1].toCharArray());
      }
    });
    new URL(args[0]).openConnection().connect();
  }
}
`;

/** A build whose parent doesn't exist. */
const MAVEN_PROJECT = (host: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <artifactId>nothing</artifactId>
  <parent><groupId>gov.example</groupId><artifactId>nothing</artifactId><version>1</version><relativePath/></parent>
  <repositories><repository><id>central</id><url>https://${host}/maven</url></repository></repositories>
</project>
`;

const GRADLE_PROJECT = (host: string): string => `repositories { maven { url 'https://${host}/maven' } }
configurations { wanted }
dependencies { wanted 'gov.example:nothing:1' }
task ask { doLast { configurations.wanted.files } }
`;

/** The file on the page, with the port of a proxy. */
function mavenSettings(port: string): string {
  const file = blocksOf('docs/proxy-clients.md').find(({ language }) => language === 'xml');
  if (file === undefined) throw new Error('docs/proxy-clients.md shows no settings.xml');
  return file.text.replace('<port>3128</port>', `<port>${port}</port>`);
}

export const PROXY_PROGRAMS: Readonly<Record<string, ProxyProgram>> = {
  curl: {
    package: 'curl',
    needs: 'curl',
    ask: (host) => ['curl', '--silent', '--max-time', '10', `https://${host}/`],
  },
  git: { package: 'git', needs: 'git', ask: (host) => ['git', 'ls-remote', `https://${host}/a.git`] },
  pip: {
    package: 'python3-pip',
    needs: 'pip',
    ask: (host) => ['pip', 'download', '--no-input', '--retries', '0', '--index-url', `https://${host}/`, 'nothing'],
  },
  npm: {
    package: 'npm',
    needs: 'npm',
    ask: (host) => ['npm', 'view', '--fetch-retries=0', `--registry=https://${host}/`, 'nothing'],
  },
  freshclam: {
    package: 'clamav-freshclam',
    needs: 'freshclam',
    files: (host) => ({
      'freshclam.conf': `DatabaseMirror ${host}\nDatabaseOwner root\nDatabaseDirectory .\nMaxAttempts 1\nConnectTimeout 5\n`,
    }),
    ask: () => ['freshclam', '--config-file=freshclam.conf', '--no-dns', '--datadir=.'],
  },
  'a JDK’s client': {
    package: 'default-jdk-headless',
    needs: 'javac',
    files: () => ({ 'Ask.java': JAVA }),
    ask: (host) => ['java', 'Ask.java', `https://${host}/`],
    presets: [ProxyVariables.JAVA],
  },
  Maven: {
    package: 'maven',
    needs: 'mvn',
    files: (host, port) => ({ 'pom.xml': MAVEN_PROJECT(host), 'settings.xml': mavenSettings(port) }),
    ask: () => ['mvn', '--batch-mode', '--settings=settings.xml', '-Dmaven.repo.local=packages', 'validate'],
    presets: [ProxyVariables.MAVEN],
  },
  Gradle: {
    package: 'gradle',
    needs: 'gradle',
    files: (host) => ({ 'build.gradle': GRADLE_PROJECT(host), 'settings.gradle': "rootProject.name = 'nothing'\n" }),
    ask: () => ['gradle', '--no-daemon', '--gradle-user-home=own', 'ask'],
    presets: [ProxyVariables.GRADLE],
  },
};

type WithCredentials = ProxyParts & { readonly user: string; readonly password: string };

export const isThere = (command: string): boolean => spawnSync('sh', ['-c', 'command -v "$0"', command]).status === 0;

/** Has a program request something from a host, in a temporary home folder, and waits until it ends in any way. */
export async function askBy(program: ProxyProgram, host: string, parts: WithCredentials): Promise<void> {
  const { needs, package: debian, ask, files, presets } = program;
  if (!isThere(needs)) throw new Error(`there is no ${needs}: apt-get install ${debian}`);
  const folder = mkdtempSync(join(tmpdir(), 'proxy-program-'));
  try {
    for (const [path, text] of Object.entries(files?.(host, parts.port) ?? {})) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const [command = '', ...args] = ask(host);
    const env = { PATH: process.env.PATH, HOME: folder, ...proxyEnvironment(parts, presets) };
    await promisify(execFile)(command, args, { cwd: folder, env, timeout: 50_000 }).catch(() => undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The environment of a container image that uses a proxy. */
function proxyEnvironment(parts: WithCredentials, presets: readonly ProxyVariables[] = []): Record<string, string> {
  const { scheme, host, port, user, password, noProxy } = parts;
  return dockerVariables({
    uri: `${scheme}://${user}:${password}@${host}:${port}`,
    tls: false,
    noProxy,
    variables: [],
    presets: Object.fromEntries(presets.flatMap((preset) => Object.entries(preset.for(parts)))),
  });
}
