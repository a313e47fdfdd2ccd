const { GetObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const { NodeHttpHandler } = require('@smithy/node-http-handler');

/** @typedef {import('../types').S3Credentials} S3Credentials */

/** A bucket, reached in one way: directly or through the proxy. */
class Bucket {
  #client;
  #name;

  /**
   * @param {S3Credentials} credentials
   * @param {{ agent: import('node:https').Agent, connectTimeout: number, attempts: number }} transport
   */
  constructor(credentials, { agent, connectTimeout, attempts }) {
    this.#name = credentials.bucket;
    this.#client = new S3Client({
      region: credentials.region,
      endpoint: `https://${credentials.endpoint}`,
      // The bucket's own host name, so that an allowlist can name this bucket instead of the whole region.
      forcePathStyle: false,
      credentials: { accessKeyId: credentials.access_key_id, secretAccessKey: credentials.secret_access_key },
      requestHandler: new NodeHttpHandler({ httpsAgent: agent, connectionTimeout: connectTimeout }),
      maxAttempts: attempts,
      // TLS protects the bytes in transit, and not every S3 server sends checksums.
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  /**
   * Resolves when the object's headers have arrived; the body is a stream that the caller reads.
   *
   * @param {string} key
   * @param {AbortSignal} signal
   */
  async open(key, signal) {
    const command = new GetObjectCommand({ Bucket: this.#name, Key: key });
    const { Body, ContentType, ContentLength, ETag } = await this.#client.send(command, { abortSignal: signal });
    return {
      body: /** @type {import('node:stream').Readable} */ (Body),
      type: ContentType ?? 'application/octet-stream',
      length: ContentLength,
      etag: ETag,
    };
  }

  close() {
    this.#client.destroy();
  }
}

/**
 * The host of the bucket, as an allowlist names it.
 *
 * @param {S3Credentials} credentials
 */
const bucketHost = ({ bucket, endpoint }) => `${bucket}.${endpoint}`;

/**
 * The TLS options in the credentials: a broker can turn off the verification of the server's certificate.
 *
 * @param {S3Credentials} credentials
 */
const tlsOptions = ({ insecure_skip_verify }) => ({ rejectUnauthorized: insecure_skip_verify !== true });

module.exports = { Bucket, bucketHost, tlsOptions };
