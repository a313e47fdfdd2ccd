const { GetObjectCommand, S3Client } = require('@aws-sdk/client-s3');
const { NodeHttpHandler } = require('@smithy/node-http-handler');

/** @typedef {import('../types').S3Credentials} S3Credentials */

/** A bucket, asked by one way. */
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
      // The bucket's own host name, so that an allowlist can hold this bucket instead of all.
      forcePathStyle: false,
      credentials: { accessKeyId: credentials.access_key_id, secretAccessKey: credentials.secret_access_key },
      requestHandler: new NodeHttpHandler({ httpsAgent: agent, connectionTimeout: connectTimeout }),
      maxAttempts: attempts,
      // TLS protects the bytes on their way; not every S3 server sends checksums.
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  /**
   * Resolves when the object's headers are there; the body is a stream still to be read.
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
 * The host that the bucket answers at, which is what an allowlist holds.
 *
 * @param {S3Credentials} credentials
 */
const bucketHost = ({ bucket, endpoint }) => `${bucket}.${endpoint}`;

/**
 * The agent's share of the credentials: the broker may say that the server's certificate is not to be verified.
 *
 * @param {S3Credentials} credentials
 */
const tlsOptions = ({ insecure_skip_verify }) => ({ rejectUnauthorized: insecure_skip_verify !== true });

module.exports = { Bucket, bucketHost, tlsOptions };
