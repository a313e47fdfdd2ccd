/** A decision of the proxy; the README of its image explains each rule. */
export interface Entry {
  readonly time: string;
  /** The client's name if the proxy identifies its clients, otherwise its address. */
  readonly client: string;
  /** Whether the client has a name, and so may have its own list. */
  readonly named: boolean;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** `audited` means that it would have been refused without audit mode. */
  readonly verdict: 'allowed' | 'refused' | 'failed' | 'audited';
  readonly rule: string;
  /** The host that the TLS ClientHello in a tunnel names; undefined if none. */
  readonly tls?: string;
  readonly received: number;
  readonly sent: number;
}

const VERDICTS: readonly unknown[] = ['allowed', 'refused', 'failed', 'audited'];

/** The fields of a line of the proxy's log. */
export type Fields = Readonly<Record<string, unknown>>;

/** The request in a line; undefined if it isn't about a request. */
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
    // A user name is the client and the version of its password.
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

/** Decodes what the client chose, which is URL-encoded. Terminal control characters stay encoded. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([2-7][0-9A-Fa-f])/g, (encoded, hex: string) =>
    hex.toLowerCase() === '7f' ? encoded : String.fromCharCode(parseInt(hex, 16)),
  );
}
