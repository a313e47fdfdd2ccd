export { EgressChecks } from './egress-checks';
export { note } from './egress-checks';
export { RULES, type Finding, type Level, type Notes, type Rule, type Sorted } from '../review';
