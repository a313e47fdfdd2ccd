/**
 * A team's own program, as the README's section on reuse has it: its space and its applications are there already, and one
 * proxy serves the stacks of several teams.
 */
export const REUSE_EXAMPLE = `import { provider } from '@cdktf/provider-cloudfoundry';
import { App, TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace } from 'cdktf-space-egress';

const orgName = 'egress-demo';
const app = new App();

const shared = new TerraformStack(app, 'shared');
new provider.CloudfoundryProvider(shared, 'cloudfoundry');
const proxy = new EgressProxy(shared, 'EgressProxy', {
  space: new EgressSpace(shared, 'Public', { orgName, spaceName: 'way-out', egress: Egress.PUBLIC, deployers: ['deployer'] }),
  image: 'registry.example/egress-proxy:1',
  allow: [Destination.host('api.example.gov')],
});

const payments = new TerraformStack(app, 'payments');
new provider.CloudfoundryProvider(payments, 'cloudfoundry');
const space = EgressSpace.fromLookup(payments, 'Space', { orgName, spaceName: 'payments' });
new Application(payments, 'Web', { space, source: AppSource.directory('web') }).useProxy(proxy);
proxy.allowFrom(Application.fromLookup(payments, 'Batch', { space, appName: 'batch' }));

const reports = new TerraformStack(app, 'reports');
new provider.CloudfoundryProvider(reports, 'cloudfoundry');
new Application(reports, 'Report', {
  space: new EgressSpace(reports, 'Space', { orgName, spaceName: 'reports', deployers: ['deployer'] }),
  source: AppSource.image('registry.example/report:1'),
}).useProxy(proxy);

app.synth();
`;
