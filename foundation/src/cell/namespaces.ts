import type { AddressPlan, AddressPool, Lease } from './addresses';
import type { NetworkState } from './cell';
import { renderRules, type Namespace, type RuleSet } from './rules';
import { SerialQueue } from '../serial-queue';

/** Applies rules in one namespace. */
type Apply = (rules: string) => Promise<void>;

interface Member {
  readonly namespace: Namespace;
  readonly apply: Apply;
  inForce?: RuleSet;
}

interface Pending {
  readonly key: string;
  readonly member: Member;
  readonly rules: RuleSet;
}

/** How many namespaces to change at the same time, since each change needs a process of the engine. */
const PARALLEL = 8;

/** Keeps every namespace's rules up to date with the desired network and its neighbors, changing only what differs. */
export class Namespaces {
  private readonly members = new Map<string, Member>();
  private readonly queue = new SerialQueue();
  private network: NetworkState = { revision: 0, spaces: {}, policies: [], routes: [] };

  public constructor(
    private readonly plan: AddressPlan,
    private readonly pool: AddressPool,
    /** Called for a namespace whose rules can't be applied: what runs in it must be stopped. */
    private readonly onBroken: (key: string, error: Error) => void,
  ) {}

  /** Adds a namespace, which stays closed until the next `enforce`. */
  public open(key: string, namespace: Namespace, apply: Apply): void {
    this.members.set(key, { namespace, apply });
  }

  /** Removes a namespace that is gone. Its addresses are free once no rules name them. */
  public close(key: string, lease: Lease): void {
    this.members.delete(key);
    this.pool.release(lease);
  }

  /** Sets the desired network. Throws, and changes nothing, if a rule is invalid. */
  public replace(network: NetworkState): void {
    this.render(network);
    this.network = network;
  }

  /** Applies all rules. Returns, by key, the errors of the namespaces where that failed. */
  public enforce(): Promise<ReadonlyMap<string, Error>> {
    return this.queue.run(async () => {
      const pending = this.render(this.network);
      const failures = new Map<string, Error>();
      const work = async (): Promise<void> => {
        for (let next = pending.pop(); next; next = pending.pop()) await this.change(next, failures);
      };
      await Promise.all(Array.from({ length: PARALLEL }, work));
      this.pool.reclaim(this.named());
      for (const [key, error] of failures) this.onBroken(key, error);
      return failures;
    });
  }

  private render(network: NetworkState): Pending[] {
    const all = [...this.members.values()].map(({ namespace }) => namespace);
    return [...this.members]
      .map(([key, member]) => ({ key, member, rules: renderRules(member.namespace, all, network, this.plan) }))
      .filter(({ member, rules }) => member.inForce?.text !== rules.text);
  }

  private async change({ key, member, rules }: Pending, failures: Map<string, Error>): Promise<void> {
    try {
      await member.apply(rules.text);
      member.inForce = rules;
    } catch (error) {
      // A namespace that was closed meanwhile has nothing left to protect.
      if (this.members.get(key) === member) failures.set(key, error as Error);
    }
  }

  private named(): ReadonlySet<string> {
    return new Set([...this.members.values()].flatMap(({ inForce }) => [...(inForce?.names ?? [])]));
  }
}
