import { DataCloudfoundrySpace } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-space';
import { SecurityGroupSpaceBindings } from '@cdktf/provider-cloudfoundry/lib/security-group-space-bindings';
import { Space } from '@cdktf/provider-cloudfoundry/lib/space';
import { SpaceRole } from '@cdktf/provider-cloudfoundry/lib/space-role';
import { type TerraformProvider, TerraformStack } from 'cdktf';
import { Construct, type IConstruct } from 'constructs';
import { note, checkAtSynth } from './egress-checks';
import { Egress } from './values/egress';
import { organization, securityGroup } from './private/lookups';
import { isMade, setReady, after } from './private/internals';
import { checkName, claim, joinSpace } from './private/names';
import { checkKnown } from './private/tokens';

/** A space, owned or only referred to. */
export interface ISpace extends IConstruct {
  /** The id on the platform. */
  readonly spaceId: string;
  /** The name of the space, or the token of a resource that creates it. */
  readonly spaceName: string;
  /** The name of its organization. */
  readonly orgName: string;
  /** Undefined for a space that is only referred to, unless `egress` declares something about it. */
  readonly egress?: Egress;
  /** The provider for everything in the space; undefined for the one without an alias. */
  readonly provider?: TerraformProvider;
}

/** What names a space, new or existing. */
export interface SpaceProps {
  /** The name of an existing organization. */
  readonly orgName: string;
  /** The name of the space, unique in its organization. */
  readonly spaceName: string;
  /**
   * The provider for the space and for all that is in it, where a stack has several: one with an alias for each
   * foundation.
   *
   * @default - the stack's provider without an alias
   */
  readonly provider?: TerraformProvider;
}

/** A space to create. */
export interface EgressSpaceProps extends SpaceProps {
  /**
   * What applications in the space reach without a proxy.
   *
   * @default Egress.CLOSED
   */
  readonly egress?: Egress;
  /**
   * Names of the users that deploy. Each becomes a manager, who can bind security groups, and a developer, who can push
   * applications and create network policies.
   *
   * @default - no roles are granted: the deploying account must already have them
   */
  readonly deployers?: readonly string[];
  /**
   * Whether developers can open a shell in applications.
   *
   * @default false
   */
  readonly ssh?: boolean;
}

/** An existing space. */
export interface SpaceLookup extends SpaceProps {
  /**
   * With it, nothing is looked up.
   *
   * @default - looked up by the names when the plan is made
   */
  readonly spaceId?: string;
  /**
   * What you know about the security groups of the space; nothing checks it.
   *
   * @default - unknown
   */
  readonly egress?: Egress;
}

const DEPLOYER_ROLES = { Manager: 'space_manager', Developer: 'space_developer' } as const;

/**
 * A space whose applications reach what its security groups open, and nothing else.
 *
 * Security groups are bound to spaces, never to a single application: two applications with different egress need two
 * spaces. Groups that the foundation binds globally are added to these.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 */
export class EgressSpace extends Construct implements ISpace {
  /**
   * An existing space: looked up by name when the plan is made, not at synth, and not at all if you give its id.
   *
   * @throws for an empty name
   */
  static fromLookup(scope: Construct, id: string, at: SpaceLookup): ISpace {
    return new ExistingSpace(scope, id, at);
  }

  /** The id on the platform, known after the space is created. */
  readonly spaceId: string;
  /** Taken from the resource, so that everything in the space is created after it. */
  readonly spaceName: string;
  /** The name of its organization. */
  readonly orgName: string;
  /** The security groups that are bound to it. */
  readonly egress: Egress;
  readonly provider?: TerraformProvider;

  constructor(scope: Construct, id: string, props: EgressSpaceProps) {
    super(scope, id);
    checkAtSynth(this);
    const { spaceName, deployers = [] } = props;
    checkKnown(this, `deployers of ${this.node.path}`, deployers, 'each of them is a resource of its own');
    for (const deployer of deployers) checkName(this.node.path, 'deployer', deployer);
    const other = claimSpace(this, props);
    if (other !== undefined) {
      throw new Error(
        isMade(other)
          ? `${this.node.path} and ${other.node.path} are both the space '${spaceName}' of ${props.orgName}, which can be created only once: ` +
              'use the first one, or refer to it with EgressSpace.fromLookup'
          : lookedUp(other, this, props),
      );
    }
    this.orgName = props.orgName;
    this.egress = props.egress ?? Egress.CLOSED;
    const provider = (this.provider = props.provider);

    const space = new Space(this, 'Resource', {
      name: spaceName,
      org: organization(this, props.orgName, provider).id,
      allowSsh: props.ssh ?? false,
      provider,
    });
    this.spaceId = space.id;
    this.spaceName = space.name;

    const roles = [...new Set(deployers)].flatMap((username) =>
      Object.entries(DEPLOYER_ROLES).map(
        ([title, type]) => new SpaceRole(this, `${title}-${username}`, { type, username, space: space.id, provider }),
      ),
    );
    // One resource per group and space: two that bind the same pair break each other's destroy.
    const bindings = this.egress.securityGroups.map(
      (name) =>
        new SecurityGroupSpaceBindings(this, `Egress-${name}`, {
          securityGroup: securityGroup(this, name, provider).id,
          runningSpaces: [space.id],
          dependsOn: after(this, roles),
          provider,
        }),
    );
    // Before anything in the space is created, and after everything in it is gone.
    setReady(this, [...roles, ...bindings]);
  }
}

/** A space that someone else owns. */
class ExistingSpace extends Construct implements ISpace {
  readonly spaceId: string;
  readonly spaceName: string;
  readonly orgName: string;
  readonly egress?: Egress;
  readonly provider?: TerraformProvider;

  constructor(scope: Construct, id: string, at: SpaceLookup) {
    super(scope, id);
    const first = claimSpace(this, at);
    if (first !== undefined && isMade(first)) throw new Error(lookedUp(this, first, at));
    joinSpace(this, first ?? this);
    this.spaceId = at.spaceId ?? this.lookUp(at);
    this.spaceName = at.spaceName;
    this.orgName = at.orgName;
    this.egress = at.egress;
    this.provider = at.provider;
    // Tells the review what the code declares about a space that it doesn't own; otherwise, its egress is unknown.
    if (at.egress !== undefined) {
      note(this, 'claims', { space: `${at.orgName}/${at.spaceName}`, groups: [...at.egress.securityGroups] });
    }
  }

  private lookUp({ spaceName: name, orgName, provider }: SpaceLookup): string {
    const { id: org } = organization(this, orgName, provider);
    return new DataCloudfoundrySpace(this, 'Resource', { name, org, provider }).id;
  }
}

/** @returns the construct that already is this space */
function claimSpace(space: Construct, { orgName, spaceName, provider }: SpaceProps): IConstruct | undefined {
  checkName(space.node.path, 'spaceName', spaceName);
  checkName(space.node.path, 'orgName', orgName);
  return claim(space, provider ?? TerraformStack.of(space), 'space', `${orgName}/${spaceName}`);
}

function lookedUp(lookup: IConstruct, space: IConstruct, { orgName, spaceName }: SpaceProps): string {
  return (
    `${lookup.node.path} looks up the space '${spaceName}' of ${orgName}, which ${space.node.path} creates in the same ` +
    'stack, so the first plan would not find it: use that construct'
  );
}
