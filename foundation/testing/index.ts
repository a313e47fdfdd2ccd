/** The exports for tests outside of the foundation. */
export { createAuthority, issue, type KeyPair } from '../src/authority';
export { parseAptFile } from '../src/cell/buildpacks';
export type { InstanceSpec } from '../src/cell/cell';
export type { MemoryCellOptions } from '../src/cell/memory-cell';
export { connectEngine } from '../src/local/engine';
export { removeNetwork } from '../src/local/inventory';
export * from './cf';
export * from './filled-foundation';
export * from './harness';
export * from './system';
