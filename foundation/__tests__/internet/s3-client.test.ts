import fc from 'fast-check';
import { encodeQuery, sign } from '../../src/internet/s3-client';

const account = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const at = new Date('2013-05-24T00:00:00Z');

describe('the signature of a request to S3', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  it("is the one of AWS's own example, GET Object", () => {
    const headers = sign(
      {
        method: 'GET',
        host: 'examplebucket.s3.amazonaws.com',
        path: '/test.txt',
        query: {},
        headers: { range: 'bytes=0-9' },
        body: Buffer.alloc(0),
      },
      account,
      'us-east-1',
      at,
    );
    expect(headers.authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });

  it("is the one of AWS's own example, List Objects with a query", () => {
    const headers = sign(
      {
        method: 'GET',
        host: 'examplebucket.s3.amazonaws.com',
        path: '/',
        query: { prefix: 'J', 'max-keys': '2' },
        headers: {},
        body: Buffer.alloc(0),
      },
      account,
      'us-east-1',
      at,
    );
    expect(headers.authorization).toContain(
      'Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    );
  });

  it('never carries the secret', () =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        const request = { method: 'PUT', host: 'h', path: '/', query: {}, headers: {}, body: Buffer.from(text) };
        return !JSON.stringify(sign(request, account, 'us-east-1', at)).includes(account.secretAccessKey);
      }),
    ));

  it('encodes a query in the order of its names', () =>
    expect(encodeQuery({ b: 'x y', 'a&': '=' })).toBe('a%26=%3D&b=x%20y'));
});
