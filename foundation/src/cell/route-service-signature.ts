import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Headers that a route service gets and sends back. They are encrypted and can't be forged. */
export interface SignatureHeaders {
  readonly signature: string;
  readonly metadata: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Milliseconds that a route service has, as on the platform. */
const LIFETIME = 60_000;

/**
 * Proves that a request has passed its route service: holds the route, and when the request was sent there.
 *
 * @see https://docs.cloudfoundry.org/services/route-services.html#headers
 */
export class RouteServiceSignature {
  public constructor(
    private readonly key: Buffer,
    private readonly now: () => number = Date.now,
  ) {}

  /** Loads the key, or creates it at the first start, so signatures stay valid across restarts. */
  public static async load(dataDir: string): Promise<RouteServiceSignature> {
    const path = join(dataDir, 'router', 'route-services.key');
    const kept = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    });
    // A truncated key was never used.
    if (kept?.length === KEY_BYTES) return new RouteServiceSignature(kept);
    const made = randomBytes(KEY_BYTES);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, made, { mode: 0o600 });
    return new RouteServiceSignature(made);
  }

  public sign(route: string): SignatureHeaders {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce);
    const content = JSON.stringify({ route, time: this.now() });
    const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    const metadata = JSON.stringify({ nonce: nonce.toString('base64') });
    return { signature: sealed.toString('base64url'), metadata: Buffer.from(metadata).toString('base64url') };
  }

  /** The signed route; `undefined` for an invalid or expired signature. */
  public verify(headers: SignatureHeaders): string | undefined {
    try {
      const { route, time } = JSON.parse(this.open(headers)) as { route: string; time: number };
      return this.now() - time <= LIFETIME ? route : undefined;
    } catch {
      return undefined;
    }
  }

  private open({ signature, metadata }: SignatureHeaders): string {
    const { nonce } = JSON.parse(Buffer.from(metadata, 'base64url').toString('utf8')) as { nonce: string };
    const sealed = Buffer.from(signature, 'base64url');
    const decipher = createDecipheriv(CIPHER, this.key, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }
}
