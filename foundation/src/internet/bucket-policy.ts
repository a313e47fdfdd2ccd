/** Access to a bucket, as in the bucket policy on the S3 server. */
export interface BucketAccess {
  /** Access keys of the accounts that have a tenant's permissions. */
  readonly accounts: readonly string[];
  /** Whether everyone may read its objects, without an account. */
  readonly isPublic: boolean;
}

/** The actions that cloud.gov's broker grants and the S3 server supports, not including the bucket itself or its policy. */
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
