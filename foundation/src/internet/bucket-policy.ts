/** Who gets into a bucket, as the policy that the S3 server keeps with it. */
export interface BucketAccess {
  /** Access keys of the accounts that may do what a tenant may. */
  readonly accounts: readonly string[];
  /** Whether everybody may read its objects, without an account. */
  readonly isPublic: boolean;
}

/** What cloud.gov's broker gives an account, as far as the S3 server knows it: neither the bucket itself nor its policy. */
const BUCKET_ACTIONS = [
  's3:GetBucketAcl',
  's3:GetBucketCORS',
  's3:GetBucketLocation',
  's3:GetBucketOwnershipControls',
  's3:GetBucketPolicy',
  's3:GetBucketTagging',
  's3:GetBucketVersioning',
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:ListBucketVersions',
  's3:PutBucketAcl',
  's3:PutBucketCORS',
  's3:PutBucketVersioning',
];
const OBJECT_ACTIONS = [
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersion',
  's3:GetObject',
  's3:GetObjectAcl',
  's3:GetObjectAttributes',
  's3:GetObjectTagging',
  's3:GetObjectVersion',
  's3:ListMultipartUploadParts',
  's3:PutObject',
  's3:PutObjectAcl',
  's3:PutObjectTagging',
  's3:RestoreObject',
];

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: string | { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: string;
}

const ACCOUNTS = 'accounts';
const EVERYBODY = 'everybody';

export const writePolicy = (bucket: string, { accounts, isPublic }: BucketAccess): string => {
  const Principal = { AWS: [...new Set(accounts)].sort() };
  const [inside, itself] = [`arn:aws:s3:::${bucket}/*`, `arn:aws:s3:::${bucket}`];
  const statements: Statement[] = [
    { Sid: ACCOUNTS, Effect: 'Allow', Principal, Action: BUCKET_ACTIONS, Resource: itself },
    { Sid: `${ACCOUNTS}-objects`, Effect: 'Allow', Principal, Action: OBJECT_ACTIONS, Resource: inside },
  ];
  const everybody: Statement = {
    Sid: EVERYBODY,
    Effect: 'Allow',
    Principal: '*',
    Action: ['s3:GetObject'],
    Resource: inside,
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: isPublic ? [...statements, everybody] : statements });
};

export const readPolicy = (text: string): BucketAccess => {
  const { Statement: statements } = JSON.parse(text) as { Statement: readonly Statement[] };
  const principal = statements.find(({ Sid }) => Sid === ACCOUNTS)?.Principal;
  return {
    accounts: typeof principal === 'object' ? principal.AWS : [],
    isPublic: statements.some(({ Sid }) => Sid === EVERYBODY),
  };
};
