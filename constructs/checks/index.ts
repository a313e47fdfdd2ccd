export { EgressChecks } from './aspect';
export { note, type Notes } from './notes';
export { RULES, type Finding, type Level, type Rule, type Sorted } from './rules';
