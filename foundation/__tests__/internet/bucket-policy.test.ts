import fc from 'fast-check';
import { readPolicy, writePolicy } from '../../src/internet/buckets';

const keys = fc.uniqueArray(fc.stringMatching(/^AKIA[0-9A-F]{16}$/), { minLength: 1, maxLength: 5 });

describe("a bucket's policy", () => {
  it('lists the accounts with access, each once', () =>
    fc.assert(
      fc.property(keys, fc.boolean(), (accounts, isPublic) => {
        const text = writePolicy('bucket', { accounts: [...accounts, ...accounts], isPublic });
        expect(readPolicy(text)).toEqual({ accounts: [...accounts].sort(), isPublic });
      }),
    ));

  it('lets everyone read objects and nothing else, and nobody change the bucket or the policy itself', () => {
    const { Statement: statements } = JSON.parse(writePolicy('bucket', { accounts: ['a'], isPublic: true })) as {
      Statement: { Principal: unknown; Action: string[]; Resource: string }[];
    };
    expect(statements.filter(({ Principal }) => Principal === '*')).toMatchObject([
      { Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::bucket/*' },
    ]);
    const actions = statements.flatMap(({ Action }) => Action);
    expect(
      actions.filter((action) => /:(?:\*|CreateBucket|DeleteBucket|(?:Put|Delete)BucketPolicy)$/.test(action)),
    ).toEqual([]);
  });
});
