// What a Go program of a platform team does on a foundation, with the libraries that such programs use: it pushes two
// docker apps, binds a security group, maps a route, opens a network policy, reads logs, scales, rolls and deletes.
// Each step prints one line. The first step that behaves differently than on the platform ends the program.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/policy_client"
	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/config"
	"github.com/cloudfoundry/go-cfclient/v3/operation"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
)

const (
	organizationName = "egress-demo"
	spaceName        = "cfclient"
	patience         = 30 * time.Second
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// driver holds what the steps pass to each other.
type driver struct {
	cf           *client.Client
	config       *config.Config
	organization *resource.Organization
	space        *resource.Space
	web          *resource.App
	proxy        *resource.App
	group        *resource.SecurityGroup
	route        *resource.Route
}

func run(ctx context.Context) error {
	user := config.UserPassword(os.Getenv("CF_USER"), os.Getenv("CF_PASSWORD"))
	cfg, err := config.New(os.Getenv("CF_API_URL"), user)
	if err != nil {
		return err
	}
	cf, err := client.New(cfg)
	if err != nil {
		return err
	}
	d := &driver{cf: cf, config: cfg}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"make a space", d.makeSpace},
		{"push", d.push},
		{"bind a group", d.bindGroup},
		{"map a route", d.mapRoute},
		{"make a policy", d.makePolicy},
		{"read logs", d.readLogs},
		{"make a service key", d.makeKey},
		{"run a task", d.runTask},
		{"scale", d.scale},
		{"roll", d.roll},
		{"canary", d.canary},
		{"delete", d.delete},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Println(step.name)
	}
	return nil
}

func (d *driver) makeSpace(ctx context.Context) (err error) {
	byName := client.NewOrganizationListOptions()
	byName.Names = client.Filter{Values: []string{organizationName}}
	if d.organization, err = d.cf.Organizations.Single(ctx, byName); err != nil {
		return err
	}
	d.space, err = d.cf.Spaces.Create(ctx, resource.NewSpaceCreate(spaceName, d.organization.GUID))
	if err != nil {
		return err
	}
	for _, role := range []resource.SpaceRoleType{resource.SpaceRoleManager, resource.SpaceRoleDeveloper} {
		if _, err = d.cf.Roles.CreateSpaceRoleWithUsername(ctx, d.space.GUID, os.Getenv("CF_USER"), role, "uaa"); err != nil {
			return err
		}
	}
	return nil
}

func (d *driver) push(ctx context.Context) (err error) {
	if d.proxy, err = d.pushApp(ctx, "proxy"); err != nil {
		return err
	}
	d.web, err = d.pushApp(ctx, "web")
	return err
}

func (d *driver) pushApp(ctx context.Context, name string) (*resource.App, error) {
	manifest := operation.NewAppManifest(name)
	manifest.Docker = &operation.AppManifestDocker{Image: os.Getenv("IMAGE")}
	manifest.Memory = "64M"
	manifest.NoRoute = true
	app, err := operation.NewAppPushOperation(d.cf, organizationName, spaceName).Push(ctx, manifest, nil)
	if err != nil {
		return nil, err
	}
	return app, d.waitForInstances(ctx, app, 1)
}

func (d *driver) waitForInstances(ctx context.Context, app *resource.App, wanted int) error {
	return until(fmt.Sprintf("%d instances of %s run", wanted, app.Name), func() (bool, error) {
		stats, err := d.cf.Processes.GetStatsForApp(ctx, app.GUID, "web")
		if err != nil {
			return false, err
		}
		running := 0
		for _, instance := range stats.Stats {
			if instance.State == "RUNNING" {
				running++
			}
		}
		return running == wanted && len(stats.Stats) == wanted, nil
	})
}

func (d *driver) bindGroup(ctx context.Context) (err error) {
	byName := client.NewSecurityGroupListOptions()
	byName.Names = client.Filter{Values: []string{"public_networks_egress"}}
	if d.group, err = d.cf.SecurityGroups.Single(ctx, byName); err != nil {
		return err
	}
	bound, err := d.cf.SecurityGroups.BindRunningSecurityGroup(ctx, d.group.GUID, []string{d.space.GUID})
	if err != nil {
		return err
	}
	for _, guid := range bound {
		if guid == d.space.GUID {
			return nil
		}
	}
	return fmt.Errorf("the space is not among %v", bound)
}

func (d *driver) mapRoute(ctx context.Context) (err error) {
	byName := client.NewDomainListOptions()
	byName.Names = client.Filter{Values: []string{"apps.internal"}}
	domain, err := d.cf.Domains.Single(ctx, byName)
	if err != nil {
		return err
	}
	create := resource.NewRouteCreate(domain.GUID, d.space.GUID)
	host := "cfclient-proxy"
	create.Host = &host
	if d.route, err = d.cf.Routes.Create(ctx, create); err != nil {
		return err
	}
	destination := resource.NewRouteDestinationInsertOrReplace(d.proxy.GUID)
	destinations, err := d.cf.Routes.InsertDestinations(ctx, d.route.GUID,
		[]*resource.RouteDestinationInsertOrReplace{destination})
	if err != nil {
		return err
	}
	if len(destinations.Destinations) != 1 {
		return fmt.Errorf("not one destination but %d", len(destinations.Destinations))
	}
	return nil
}

func (d *driver) makePolicy(ctx context.Context) error {
	source, err := d.config.CreateOAuth2TokenSource(ctx)
	if err != nil {
		return err
	}
	token, err := source.Token()
	if err != nil {
		return err
	}
	policies := policy_client.NewExternal(lager.NewLogger("cfclient"), http.DefaultClient, os.Getenv("CF_API_URL"))
	policy := policy_client.Policy{
		Source: policy_client.Source{ID: d.web.GUID},
		Destination: policy_client.Destination{
			ID:       d.proxy.GUID,
			Protocol: "tcp",
			Ports:    policy_client.Ports{Start: 3128, End: 3128},
		},
	}
	bearer := "bearer " + token.AccessToken
	if err := policies.AddPolicies(bearer, []policy_client.Policy{policy}); err != nil {
		return err
	}
	found, err := policies.GetPoliciesByID(bearer, d.web.GUID)
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] != policy {
		return fmt.Errorf("not the policy that was made: %+v", found)
	}
	return policies.DeletePolicies(bearer, found)
}

func (d *driver) readLogs(ctx context.Context) error {
	url := fmt.Sprintf("%s/api/v1/read/%s?envelope_types=LOG&descending=true&limit=10",
		os.Getenv("CF_API_URL"), d.web.GUID)
	return until("there are logs", func() (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err
		}
		response, err := d.cf.ExecuteAuthRequest(request)
		if err != nil {
			return false, err
		}
		defer func() { _ = response.Body.Close() }()
		var read struct {
			Envelopes struct {
				Batch []struct {
					SourceID string `json:"source_id"`
				} `json:"batch"`
			} `json:"envelopes"`
		}
		if err := json.NewDecoder(response.Body).Decode(&read); err != nil {
			return false, err
		}
		return len(read.Envelopes.Batch) > 0 && read.Envelopes.Batch[0].SourceID == d.web.GUID, nil
	})
}

// makeKey creates a key for a bucket, reads its credentials, and deletes key and bucket again.
func (d *driver) makeKey(ctx context.Context) error {
	byName := client.NewServicePlanListOptions()
	byName.Names = client.Filter{Values: []string{"basic-sandbox"}}
	plan, err := d.cf.ServicePlans.Single(ctx, byName)
	if err != nil {
		return err
	}
	job, err := d.cf.ServiceInstances.CreateManaged(ctx,
		resource.NewServiceInstanceCreateManaged("bucket", d.space.GUID, plan.GUID))
	if err := d.finish(ctx, job, err); err != nil {
		return err
	}
	instances := client.NewServiceInstanceListOptions()
	instances.Names = client.Filter{Values: []string{"bucket"}}
	bucket, err := d.cf.ServiceInstances.Single(ctx, instances)
	if err != nil {
		return err
	}
	job, _, err = d.cf.ServiceCredentialBindings.Create(ctx,
		resource.NewServiceCredentialBindingCreateKey(bucket.GUID, "operator"))
	if err := d.finish(ctx, job, err); err != nil {
		return err
	}
	keys := client.NewServiceCredentialBindingListOptions()
	keys.Names = client.Filter{Values: []string{"operator"}}
	key, err := d.cf.ServiceCredentialBindings.Single(ctx, keys)
	if err != nil {
		return err
	}
	details, err := d.cf.ServiceCredentialBindings.GetDetails(ctx, key.GUID)
	if err != nil {
		return err
	}
	if details.Credentials["bucket"] == nil {
		return fmt.Errorf("no bucket in the key: %v", details.Credentials)
	}
	job, err = d.cf.ServiceCredentialBindings.Delete(ctx, key.GUID)
	if err := d.finish(ctx, job, err); err != nil {
		return err
	}
	if _, err := d.cf.ServiceCredentialBindings.Get(ctx, key.GUID); !resource.IsResourceNotFoundError(err) {
		return fmt.Errorf("the key is still there: %v", err)
	}
	job, err = d.cf.ServiceInstances.Delete(ctx, bucket.GUID)
	return d.finish(ctx, job, err)
}

// finish waits for the job that a call has started.
func (d *driver) finish(ctx context.Context, job string, err error) error {
	if err != nil {
		return err
	}
	return d.cf.Jobs.PollComplete(ctx, job, client.NewPollingOptions())
}

// runTask starts a task, finds it among those of its application, and cancels it.
func (d *driver) runTask(ctx context.Context) error {
	task, err := d.cf.Tasks.Create(ctx, d.web.GUID, resource.NewTaskCreateWithCommand("sleep 60"))
	if err != nil {
		return err
	}
	tasks, err := d.cf.Tasks.ListForAppAll(ctx, d.web.GUID, nil)
	if err != nil {
		return err
	}
	if len(tasks) != 1 || tasks[0].GUID != task.GUID {
		return fmt.Errorf("not the task that was begun: %v", tasks)
	}
	if _, err := d.cf.Tasks.Cancel(ctx, task.GUID); err != nil {
		return err
	}
	return until("the task has ended", func() (bool, error) {
		now, err := d.cf.Tasks.Get(ctx, task.GUID)
		if err != nil {
			return false, err
		}
		return now.State == "FAILED", nil
	})
}

func (d *driver) scale(ctx context.Context) error {
	process, err := d.cf.Processes.SingleForApp(ctx, d.web.GUID, nil)
	if err != nil {
		return err
	}
	instances := 2
	if _, err := d.cf.Processes.Scale(ctx, process.GUID, &resource.ProcessScale{Instances: &instances}); err != nil {
		return err
	}
	return d.waitForInstances(ctx, d.web, instances)
}

func (d *driver) roll(ctx context.Context) error {
	deployment, err := d.cf.Deployments.Create(ctx, resource.NewDeploymentCreate(d.web.GUID))
	if err != nil {
		return err
	}
	if err := d.waitForDeployment(ctx, deployment, "FINALIZED", "DEPLOYED"); err != nil {
		return err
	}
	return d.waitForInstances(ctx, d.web, 2)
}

// A canary deployment pauses once half of the instances are new ones, and is then through when it is continued.
func (d *driver) canary(ctx context.Context) error {
	create := resource.NewDeploymentCreate(d.web.GUID)
	create.Strategy = "canary"
	create.Options = &resource.DeploymentOptions{
		Canary: &resource.DeploymentCanaryOptions{Steps: []resource.CanaryStep{{InstanceWeight: 50}}},
	}
	deployment, err := d.cf.Deployments.Create(ctx, create)
	if err != nil {
		return err
	}
	if err := d.waitForDeployment(ctx, deployment, "ACTIVE", "PAUSED"); err != nil {
		return err
	}
	now, err := d.cf.Deployments.Get(ctx, deployment.GUID)
	if err != nil {
		return err
	}
	if steps := now.Status.Canary.Steps; steps.Current != 1 || steps.Total != 1 {
		return fmt.Errorf("paused at step %d of %d", steps.Current, steps.Total)
	}
	if err := d.cf.Deployments.Continue(ctx, deployment.GUID); err != nil {
		return err
	}
	if err := d.waitForDeployment(ctx, deployment, "FINALIZED", "DEPLOYED"); err != nil {
		return err
	}
	return d.waitForInstances(ctx, d.web, 2)
}

func (d *driver) waitForDeployment(ctx context.Context, deployment *resource.Deployment, value, reason string) error {
	return until("the deployment is "+reason, func() (bool, error) {
		now, err := d.cf.Deployments.Get(ctx, deployment.GUID)
		if err != nil {
			return false, err
		}
		return now.Status.Value == value && now.Status.Reason == reason, nil
	})
}

func (d *driver) delete(ctx context.Context) error {
	if err := d.cf.SecurityGroups.UnBindRunningSecurityGroup(ctx, d.group.GUID, d.space.GUID); err != nil {
		return err
	}
	for _, remove := range []func() (string, error){
		func() (string, error) { return d.cf.Routes.Delete(ctx, d.route.GUID) },
		func() (string, error) { return d.cf.Applications.Delete(ctx, d.web.GUID) },
		func() (string, error) { return d.cf.Applications.Delete(ctx, d.proxy.GUID) },
		func() (string, error) { return d.cf.Spaces.Delete(ctx, d.space.GUID) },
	} {
		job, err := remove()
		if err != nil {
			return err
		}
		if err := d.cf.Jobs.PollComplete(ctx, job, client.NewPollingOptions()); err != nil {
			return err
		}
	}
	_, err := d.cf.Spaces.Get(ctx, d.space.GUID)
	if !resource.IsResourceNotFoundError(err) {
		return fmt.Errorf("the space is still there: %v", err)
	}
	return nil
}

// until asks again every tenth of a second.
func until(what string, ask func() (bool, error)) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		done, err := ask()
		if err != nil || done {
			return err
		}
	}
	return fmt.Errorf("not within %s: %s", patience, what)
}
