/** What the proxy decided; the README of its image says what each rule is. */
export interface Entry {
  readonly time: string;
  /** The client's name where the proxy tells its clients apart, else its address. */
  readonly client: string;
  /** Whether the client has a name, and so may have a list of its own. */
  readonly named: boolean;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** `audited` is what would have been refused, but for an audit. */
  readonly verdict: 'allowed' | 'refused' | 'failed' | 'audited';
  readonly rule: string;
  /** The host that the TLS greeting in a tunnel names; undefined if none. */
  readonly tls?: string;
  readonly received: number;
  readonly sent: number;
}

const VERDICTS: readonly unknown[] = ['allowed', 'refused', 'failed', 'audited'];

/** A line of the proxy's log. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a line says; undefined for what was no request. */
export function toEntry(fields: Fields): Entry | undefined {
  if (!VERDICTS.includes(fields.verdict)) return undefined;
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? decode(value) : '-';
  };
  const user = text('user');
  const named = user !== '-';
  const tls = text('tls');
  return {
    time: text('time'),
    // A user is a client and the version of its password.
    client: named ? user.replace(/\.[^.]*$/, '') : text('client'),
    named,
    method: text('method'),
    host: text('host').toLowerCase().replace(/\.$/, ''),
    port: Number(text('port')),
    verdict: fields.verdict as Entry['verdict'],
    rule: text('rule'),
    ...(tls !== '-' && { tls }),
    received: Number(fields.received ?? 0),
    sent: Number(fields.sent ?? 0),
  };
}

/** What a client chose is URL-encoded. Signs that a terminal would obey stay so. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([2-7][0-9A-Fa-f])/g, (encoded, hex: string) =>
    hex.toLowerCase() === '7f' ? encoded : String.fromCharCode(parseInt(hex, 16)),
  );
}
