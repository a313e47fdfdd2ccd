/** The fields of every record. */
export interface Row {
  readonly guid: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Metadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Described extends Row {
  readonly metadata: Metadata;
}
