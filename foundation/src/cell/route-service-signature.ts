import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a route service is sent, and sends back with the request: who sees it learns nothing, and can't make one. */
export interface SignatureHeaders {
  readonly signature: string;
  readonly metadata: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Milliseconds that a route service has: the platform's value. */
const LIFETIME = 60_000;

/**
 * Says that a request has been to its route service: when it was sent there, and by which route it had come.
 *
 * @see https://docs.cloudfoundry.org/services/route-services.html#headers
 */
export class RouteServiceSignature {
  public constructor(
    private readonly key: Buffer,
    private readonly now: () => number = Date.now,
  ) {}

  /** With the key of the folder, made at the first call: what was signed before a restart is good after it. */
  public static async load(dataDir: string): Promise<RouteServiceSignature> {
    const path = join(dataDir, 'router', 'route-services.key');
    const kept = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    });
    // One that was cut off while it was written has signed nothing.
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

  /** The route that was signed; undefined for what was never signed here, and for what is too old. */
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
