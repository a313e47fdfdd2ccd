import type { Method } from './record';

/** An indicator or control, and which part of it these checks show. */
export interface Requirement {
  readonly id: string;
  readonly name: string;
  /** Checks whose runs are evidence for it; empty if somebody else must meet it. */
  readonly methods: readonly Method[];
  readonly shown: string;
  /** Which part of it, or why all of it, isn't this project's to meet. */
  readonly rest: string;
}

/** The sources of the indicators and rules of {@link FRAMEWORKS}. */
export const SOURCES = {
  KSI: 'FedRAMP Consolidated Rules 2026, machine-readable file of github.com/FedRAMP/rules, version 2026.07.14.01',
  '800-53':
    'NIST SP 800-53 Rev. 5; the controls that the file of KSI lists for its indicators, and what the proxy implements',
} as const;

export type Framework = keyof typeof SOURCES;

const ALL: readonly Method[] = ['configuration', 'packets', 'review'];

const KSI: readonly Requirement[] = [
  {
    id: 'KSI-CNA-RNT',
    name: 'Restricting Network Traffic',
    methods: ALL,
    shown:
      'What applications reach outbound is compared with the code, tried with packets, and reviewed before it changes.',
    rest: 'Inbound traffic beyond public routes, and the platform’s own hosts.',
  },
  {
    id: 'KSI-CNA-ULN',
    name: 'Using Logical Networking',
    methods: ALL,
    shown: 'Security groups and network policies are compared with the code, and packets show that they are enforced.',
    rest: 'The networks below the platform.',
  },
  {
    id: 'KSI-CNA-EIS',
    name: 'Enforcing Intended State',
    methods: ['configuration'],
    shown: 'What differs from the code is found. It is not undone without a deploy.',
    rest: 'Enforcement by itself, and all but egress.',
  },
  {
    id: 'KSI-CMT-LMC',
    name: 'Logging Changes',
    methods: ['review'],
    shown: 'Each reviewed change of egress, with who approved exactly that, is a record.',
    rest: 'Changes that no review saw show only as a difference in an audit, without who made them; all but egress.',
  },
  {
    id: 'KSI-CMT-RMV',
    name: 'Redeploying instead of modifying',
    methods: [],
    shown: '',
    rest: 'The platform replaces containers with each push; that nobody modifies a running one is the organization’s rule.',
  },
  {
    id: 'KSI-CMT-VTD',
    name: 'Validating Throughout Deployment',
    methods: ['review', 'packets'],
    shown: 'A change of egress is validated before it is merged, and by packets once it is deployed.',
    rest: 'All changes but those of egress.',
  },
  {
    id: 'KSI-MLA-EVC',
    name: 'Evaluating Configurations',
    methods: ['review', 'configuration'],
    shown: 'The infrastructure’s code is evaluated with each change, and compared with the platform.',
    rest: 'Configurations of applications, and all but egress.',
  },
  {
    id: 'KSI-SVC-ACM',
    name: 'Automating Configuration Management',
    methods: ['review', 'configuration'],
    shown: 'Egress is configured by code alone as far as audits find no drift.',
    rest: 'All but egress.',
  },
  {
    id: 'KSI-SVC-VRI',
    name: 'Validating Resource Integrity',
    methods: [],
    shown: '',
    rest: 'Records name the proxy’s image and the hash of its bill of materials; that the platform runs just that is not checked.',
  },
];

const CONTROLS: readonly Requirement[] = [
  {
    id: 'ac-4',
    name: 'Information Flow Enforcement',
    methods: ALL,
    shown: 'A list of hosts and ports decides where an application’s requests go; all else is refused.',
    rest: 'What is inside of a TLS connection to a listed host.',
  },
  {
    id: 'ca-2.1',
    name: 'Control Assessments: Independent Assessors',
    methods: [],
    shown: '',
    rest: 'Assessors are the organization’s.',
  },
  {
    id: 'ca-7',
    name: 'Continuous Monitoring',
    methods: ['configuration', 'packets'],
    shown: 'Scheduled audits and packet tests, with their frequency and gaps in this report.',
    rest: 'The strategy, and all but egress.',
  },
  {
    id: 'ca-9',
    name: 'Internal System Connections',
    methods: ['configuration', 'review'],
    shown: 'Network policies between applications are code, reviewed, and compared with the platform.',
    rest: 'Connections that are no network policies.',
  },
  {
    id: 'cm-2',
    name: 'Baseline Configuration',
    methods: ['configuration'],
    shown: 'The code is the baseline of egress, and audits compare with it.',
    rest: 'All but egress.',
  },
  {
    id: 'cm-3',
    name: 'Configuration Change Control',
    methods: ['review'],
    shown: 'What a change opens is said before it is merged, and needs an approval of exactly that.',
    rest: 'All changes but those of egress.',
  },
  {
    id: 'cm-3.2',
    name: 'Configuration Change Control: Testing, Validation, and Documentation of Changes',
    methods: ['review', 'packets'],
    shown: 'Changes are reviewed before they are made, and tried with packets after.',
    rest: 'All changes but those of egress.',
  },
  {
    id: 'cm-6',
    name: 'Configuration Settings',
    methods: ['configuration', 'review'],
    shown: 'Security groups, policies and lists are monitored for what deviates from the code.',
    rest: 'All but egress.',
  },
  {
    id: 'cm-7.1',
    name: 'Least Functionality: Periodic Review',
    methods: ['configuration', 'review'],
    shown: 'Open hosts and ports are listed and compared; the review finds policies and entries that nobody needs.',
    rest: 'Functions and services of the applications.',
  },
  {
    id: 'sc-7',
    name: 'Boundary Protection',
    methods: ALL,
    shown: 'Outbound traffic of a closed space leaves by the proxy alone, which packets from inside show.',
    rest: 'The platform’s outer boundary, and inbound traffic.',
  },
  {
    id: 'sc-7.5',
    name: 'Boundary Protection: Deny by Default — Allow by Exception',
    methods: ALL,
    shown: 'Closed spaces reach nothing, and the proxy refuses what is not listed.',
    rest: 'Inbound traffic.',
  },
  {
    id: 'sc-7.8',
    name: 'Boundary Protection: Route Traffic to Authenticated Proxy Servers',
    methods: ALL,
    shown: 'HTTP and TLS go through the proxy; it asks for credentials where clients have lists of their own.',
    rest: 'Which networks and traffic the organization defines.',
  },
  {
    id: 'ac-17.3',
    name: 'Remote Access: Managed Access Control Points',
    methods: [],
    shown: '',
    rest: 'Remote access is the platform’s.',
  },
  {
    id: 'sc-8',
    name: 'Transmission Confidentiality and Integrity',
    methods: [],
    shown: '',
    rest: 'TLS is the applications’; none is ended or inspected.',
  },
  {
    id: 'sc-13',
    name: 'Cryptographic Protection',
    methods: [],
    shown: '',
    rest: 'Modules and their validation are the platform’s and the applications’.',
  },
  {
    id: 'si-7',
    name: 'Software, Firmware, and Information Integrity',
    methods: [],
    shown: '',
    rest: 'That the platform runs the image that a record names is not checked.',
  },
  { id: 'si-8', name: 'Spam Protection', methods: [], shown: '', rest: 'Mail is not filtered.' },
];

export const FRAMEWORKS: Readonly<Record<Framework, readonly Requirement[]>> = { KSI, '800-53': CONTROLS };

/** What the rules require of each class, as far as a history can show it. */
export interface ClassRule {
  readonly certification: 'B' | 'C' | 'D';
  /** FRC-CSX-VVK: automated methods for each indicator. */
  readonly methods: { readonly least: number; readonly force: 'should' | 'must' };
  /** VDR-TFR-MVX: days within which automated checks must be repeated; class D has no number. */
  readonly days?: number;
  /** FRC-CSX-MOT: months of history. */
  readonly months?: number;
}

export const CLASS_RULES: readonly ClassRule[] = [
  { certification: 'B', methods: { least: 1, force: 'should' }, days: 7 },
  { certification: 'C', methods: { least: 2, force: 'must' }, days: 3, months: 6 },
  { certification: 'D', methods: { least: 4, force: 'must' }, months: 18 },
];
