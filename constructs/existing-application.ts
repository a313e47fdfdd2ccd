import { DataCloudfoundryApp } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-app';
import { Construct } from 'constructs';
import { Connections, type IApplication } from './connections';
import type { Port } from './values/port';
import { checkName, claim, placeOf } from './private/names';
import type { ISpace } from './space';

/** An existing application. */
export interface ApplicationLookup {
  /** The space that it is in. */
  readonly space: ISpace;
  /** Its name in the space. */
  readonly appName: string;
  /**
   * If you give it, nothing is looked up.
   *
   * @default - looked up by name when the plan is made
   */
  readonly appId?: string;
  /**
   * The port on which it listens for other applications.
   *
   * @default - a policy to it must name its port
   */
  readonly port?: Port;
}

/** An application that somebody else owns. */
export class ExistingApplication extends Construct implements IApplication {
  readonly appId: string;
  readonly space: ISpace;
  readonly connections: Connections;

  constructor(scope: Construct, id: string, at: ApplicationLookup) {
    super(scope, id);
    this.space = at.space;
    checkName(this.node.path, 'appName', at.appName);
    const other = claim(this, placeOf(at.space), 'application', at.appName);
    if (other !== undefined) {
      throw new Error(
        `${this.node.path} and ${other.node.path} are both '${at.appName}' in one space: a policy for one would not be recognized as a policy ` +
          'for the other, so use the first one',
      );
    }
    this.appId = at.appId ?? this.lookUp(at);
    this.connections = new Connections(this, at.port);
  }

  private lookUp({ appName: name, space: { spaceName, orgName, provider } }: ApplicationLookup): string {
    return new DataCloudfoundryApp(this, 'Resource', { name, spaceName, orgName, provider }).id;
  }
}
