import { say } from '../phrase';
import type { Rule } from '.';

export const spaceEgressUnclaimed: Rule = {
  id: 'space-egress-unclaimed',
  title: 'an existing space whose egress is not declared',
  why: 'the security groups of the space are not in the code, so what it reaches is unknown; declare its `egress`',
  acknowledgeable: true,
  *check(model) {
    for (const { id, owned, claim, origin } of model.spaces.values()) {
      const [first] = model.applicationsIn(id);
      if (owned || claim !== undefined || first === undefined) continue;
      yield {
        level: 'unknown',
        subject: id,
        message: say`what ${first.name} in space ${id} reaches directly is unknown`,
        origin: origin ?? first.origin,
      };
    }
  },
};

export const groupGlobal: Rule = {
  id: 'group-global',
  title: 'a security group that is bound to every space',
  why: 'it opens its addresses to all current and future applications of all organizations',
  acknowledgeable: true,
  *check(model) {
    for (const { name, owned, global, origin } of model.groups.values()) {
      for (const stage of ['running', 'staging'] as const) {
        if (!owned || global[stage] === 'no') continue;
        const certain = global[stage] === 'yes';
        yield {
          level: certain ? 'warning' : 'unknown',
          subject: name,
          detail: stage,
          message: say`security group ${name} ${[certain ? 'applies' : 'may apply']} to every ${[stage]} application`,
          origin,
        };
      }
    }
  },
};

export const stagingPublic: Rule = {
  id: 'staging-public',
  title: 'staging reaches the internet',
  why: 'builds run with the application’s environment, so a build script can send its secrets; most buildpacks need it',
  acknowledgeable: true,
  *check(model) {
    for (const { id, origin } of model.spaces.values()) {
      if (model.egress(id, 'staging').reachesInternet !== 'yes') continue;
      yield { level: 'info', subject: id, message: say`builds in space ${id} reach the internet`, origin };
    }
  },
};
