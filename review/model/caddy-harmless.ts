import type { Directive } from './caddyfile';

/** What a line may contain: the words after its first one, and the lines in its braces. Unset if it has no braces. */
interface Shape {
  readonly words: RegExp;
  readonly lines?: Shapes;
}
type Shapes = Readonly<Record<string, Shape>>;

const NONE: Shape = { words: /^$/ };
const DURATION: Shape = { words: /^[0-9]+(?:ms|s|m|h)$/ };
/** A file next to the program, at a path where nothing is added later. */
const FILE = '[\\w./-]+';

/** Restricted, because logs that go elsewhere are a way out. */
const LOG: Shapes = {
  format: { words: /^(?:console|json)$/ },
  level: { words: /^(?:debug|info|warn|error|panic|fatal)$/i },
  output: { words: /^(?:stdout|stderr|discard)$/ },
};

/**
 * Lines of a Caddyfile, by their position, that neither allow nor hold back requests and send nothing to anybody else.
 * A line that is neither here nor modelled is unknown.
 */
export const HARMLESS = {
  option: {
    admin: { words: /^off$/ },
    auto_https: { words: /^(?:off|disable_redirects|disable_certs|ignore_loaded_certs)$/ },
    debug: NONE,
    grace_period: DURATION,
    log: { words: /^(?:default)?$/, lines: LOG },
    order: { words: /^forward_proxy (?:first|last|(?:before|after) [a-z_]+)$/ },
    persist_config: { words: /^off$/ },
    shutdown_delay: DURATION,
    skip_install_trust: NONE,
  },
  directive: {
    encode: { words: /^(?:gzip|zstd|br)(?: (?:gzip|zstd|br))*$/ },
    log: { words: /^$/, lines: LOG },
    tls: { words: new RegExp(`^(?:internal|${FILE} ${FILE})$`) },
  },
  /** Lines after a proxy that takes all requests it may let through. */
  answer: {
    abort: NONE,
    error: { words: /^[\w ./-]*$/ },
    respond: { words: /^[\w ./-]*$/ },
  },
  /** Settings of `forward_proxy`: how it identifies itself, which resolver it uses, and its timeouts. */
  setting: {
    basic_auth: { words: /^\S+ \S+$/ },
    dial_timeout: DURATION,
    hide_ip: NONE,
    hide_via: NONE,
    probe_resistance: { words: /^[\w.-]*$/ },
    serve_pac: { words: /^[\w./-]*$/ },
  },
} as const satisfies Readonly<Record<string, Shapes>>;

export function isHarmless(directive: Directive, place: keyof typeof HARMLESS): boolean {
  return fits(directive, HARMLESS[place]);
}

function fits({ words: [name = '', ...words], body }: Directive, shapes: Shapes): boolean {
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (shape?.words.test(words.join(' ')) !== true) return false;
  return body === undefined || (shape.lines !== undefined && body.every((line) => fits(line, shape.lines ?? {})));
}
