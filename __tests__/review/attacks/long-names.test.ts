import { markdown } from '../../../review/report/markdown';
import { made, policy, proxy, reviewed } from './attempts';

describe('a name that is longer than a comment', () => {
  const source = 'x'.repeat(70_000);
  const policies = [policy({ source_app: source, destination_app: 'id of proxy' })];
  const changes = [made('cloudfoundry_network_policy.p', { policies }), made('cloudfoundry_app.proxy', proxy(''))];

  it('leaves the comment short enough for GitHub, with what is left out and the approval', () => {
    const report = reviewed(changes);
    const comment = markdown(report);
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toContain('The rest was left out because the comment would be too long');
    expect(comment).toMatch(/^### Egress: opens \d+, closes 0/);
    expect(comment).toContain(`egress-approved-${report.digest}`);
  });

  it('is part of what is approved', () => {
    const other = made('cloudfoundry_network_policy.p', {
      policies: [policy({ source_app: `${source}y`, destination_app: 'id of proxy' })],
    });
    expect(reviewed([other, ...changes.slice(1)]).digest).not.toBe(reviewed(changes).digest);
  });
});
