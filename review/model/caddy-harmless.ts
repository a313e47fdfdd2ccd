import type { Directive } from './caddyfile';

/** What may stand in one line: its words behind the first, and the lines in its braces, none where it has no braces. */
interface Shape {
  readonly words: RegExp;
  readonly lines?: Shapes;
}
type Shapes = Readonly<Record<string, Shape>>;

const NONE: Shape = { words: /^$/ };
const DURATION: Shape = { words: /^[0-9]+(?:ms|s|m|h)$/ };
/** A file beside the program, by a path in which nothing is put later. */
const FILE = '[\\w./-]+';

/** Where logs go is a way out. */
const LOG: Shapes = {
  format: { words: /^(?:console|json)$/ },
  level: { words: /^(?:debug|info|warn|error|panic|fatal)$/i },
  output: { words: /^(?:stdout|stderr|discard)$/ },
};

/**
 * Lines of a Caddyfile, by where they stand, that let no request through and hold none back, and send nothing to anybody else.
 * What isn't here and is not read is unknown.
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
  /** Behind a proxy, which takes all requests that it may let through. */
  answer: {
    abort: NONE,
    error: { words: /^[\w ./-]*$/ },
    respond: { words: /^[\w ./-]*$/ },
  },
  /** Of `forward_proxy`: what it says about itself, whom it asks, and how long it waits. */
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
