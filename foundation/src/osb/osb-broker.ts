/**
 * The client of a registered broker.
 *
 * @see https://github.com/openservicebrokerapi/servicebroker/blob/v2.17/spec.md
 */
import {
  BrokerFailure,
  type Bound,
  type BrokerAddress,
  type BrokeredBinding,
  type BrokeredInstance,
  type BrokeredUnbinding,
  type BrokeredUpdate,
  type Parameters,
  type Progress,
  type Provisioned,
  type RemoteBroker,
} from '../cloud/broker';
import type { Clock } from '../cloud/clock';
import { catalogMalformed, catalogRejected } from '../cloud/errors';
import { accepted, type Answer, type Exchange, type Fields, fieldsOf, type Question, textOf } from './exchange';
import { untilDone, type PollingOptions } from './polling';

/** Lets the broker work asynchronously. */
const ASYNCHRONOUS = { accepts_incomplete: 'true' };
/** The platform's client ID for keys, which have no application. */
const KEY_CLIENT = 'cc_service_key_client';

const pathOf = ({ guid }: BrokeredInstance): string => `/v2/service_instances/${guid}`;
const bindingPath = (instance: BrokeredInstance, guid: string): string =>
  `${pathOf(instance)}/service_bindings/${guid}`;

const idsOf = ({ offeringId, planId }: BrokeredInstance) => ({ service_id: offeringId, plan_id: planId });

const contextOf = ({ name, place }: BrokeredInstance) => ({
  platform: 'cloudfoundry',
  organization_guid: place.organizationGuid,
  organization_name: place.organizationName,
  space_guid: place.spaceGuid,
  space_name: place.spaceName,
  instance_name: name,
});

const given = (parameters: Parameters) => (Object.keys(parameters).length === 0 ? {} : { parameters });

const objectOf = (fields: Fields, name: string): Readonly<Record<string, unknown>> => {
  const value = fields[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
};

/** A request, and how to poll it if the broker works asynchronously. */
interface Request {
  readonly question: Question;
  /** Statuses of a synchronous success. */
  readonly done: readonly number[];
  readonly lastOperation: Pick<PollingOptions, 'verb' | 'maximumDuration' | 'endsGone'> & {
    readonly path: string;
    readonly ids: Readonly<Record<string, string>>;
  };
}

interface Outcome {
  /** The fields of the broker's response. */
  readonly fields: Fields;
  /** Whether the broker works asynchronously. */
  readonly isBehind: boolean;
}

export class OsbBroker implements RemoteBroker {
  public constructor(
    private readonly address: BrokerAddress,
    private readonly exchange: Exchange,
    private readonly clock: Clock,
  ) {}

  public async fetchCatalog(userGuid?: string): Promise<object> {
    const answer = await this.ask({ method: 'GET', path: '/v2/catalog', userGuid });
    const { status, line } = answer;
    if (status >= 400 && status < 500 && status !== 401) throw catalogRejected(line);
    const fields = fieldsOf(answer);
    if (status === 200 && !fields) throw catalogMalformed();
    return accepted(answer, 200);
  }

  public async fetchParameters(
    userGuid: string,
    instance: BrokeredInstance,
    bindingGuid?: string,
  ): Promise<Parameters> {
    const path = bindingGuid === undefined ? pathOf(instance) : bindingPath(instance, bindingGuid);
    const answer = await this.ask({ method: 'GET', path, query: idsOf(instance), userGuid });
    return objectOf(accepted(answer, 200), 'parameters');
  }

  public async provision(instance: BrokeredInstance, progress: Progress): Promise<Provisioned> {
    const { place, parameters } = instance;
    const body = {
      ...idsOf(instance),
      organization_guid: place.organizationGuid,
      space_guid: place.spaceGuid,
      context: contextOf(instance),
      ...given(parameters),
    };
    const { fields } = await this.perform(progress, {
      question: { method: 'PUT', path: pathOf(instance), query: ASYNCHRONOUS, body },
      done: [200, 201],
      lastOperation: this.ofInstance('provision', instance),
    });
    return { dashboardUrl: textOf(fields, 'dashboard_url') };
  }

  public async update(instance: BrokeredUpdate, progress: Progress): Promise<Provisioned> {
    const { place, parameters, previousPlanId } = instance;
    const body = {
      ...idsOf(instance),
      context: contextOf(instance),
      previous_values: {
        service_id: instance.offeringId,
        plan_id: previousPlanId,
        organization_id: place.organizationGuid,
        space_id: place.spaceGuid,
      },
      ...given(parameters),
    };
    const { fields } = await this.perform(progress, {
      question: { method: 'PATCH', path: pathOf(instance), query: ASYNCHRONOUS, body },
      done: [200],
      // The instance has the previous plan until the update is done.
      lastOperation: this.ofInstance('update', { ...instance, planId: previousPlanId }),
    });
    return { dashboardUrl: textOf(fields, 'dashboard_url') };
  }

  public async deprovision(instance: BrokeredInstance, progress: Progress): Promise<void> {
    await this.perform(progress, {
      question: { method: 'DELETE', path: pathOf(instance), query: { ...idsOf(instance), ...ASYNCHRONOUS } },
      done: [200],
      lastOperation: { ...this.ofInstance('deprovision', instance), endsGone: true },
    });
  }

  public async bind(binding: BrokeredBinding, progress: Progress): Promise<Bound> {
    const { guid, instance, appGuid, parameters } = binding;
    const path = bindingPath(instance, guid);
    const body = {
      ...idsOf(instance),
      ...(appGuid === undefined ? {} : { app_guid: appGuid }),
      bind_resource:
        appGuid === undefined
          ? { credential_client_id: KEY_CLIENT }
          : { app_guid: appGuid, space_guid: instance.place.spaceGuid },
      context: contextOf(instance),
      ...given(parameters),
    };
    const { fields, isBehind } = await this.perform(progress, {
      question: { method: 'PUT', path, query: ASYNCHRONOUS, body },
      done: [200, 201],
      lastOperation: this.ofBinding('bind', instance, guid),
    });
    const made = isBehind ? await this.fetchBinding(instance, path, progress) : fields;
    const syslogDrainUrl = textOf(made, 'syslog_drain_url');
    if (syslogDrainUrl !== undefined && !instance.requires?.includes('syslog_drain')) {
      throw new BrokerFailure(
        'The service is attempting to stream logs from your application, but is not registered as a logging service. ' +
          'Please contact the service provider.',
        true,
      );
    }
    return { credentials: objectOf(made, 'credentials'), syslogDrainUrl };
  }

  public async unbind({ guid, instance }: BrokeredUnbinding, progress: Progress): Promise<void> {
    const query = { ...idsOf(instance), ...ASYNCHRONOUS };
    await this.perform(progress, {
      question: { method: 'DELETE', path: bindingPath(instance, guid), query },
      done: [200],
      lastOperation: { ...this.ofBinding('unbind', instance, guid), endsGone: true },
    });
  }

  private async perform(progress: Progress, { question, done, lastOperation }: Request): Promise<Outcome> {
    if (progress.operation !== undefined) {
      await this.poll(progress, progress.operation, undefined, lastOperation);
      return { fields: {}, isBehind: true };
    }
    const { userGuid, signal } = progress;
    const answer = await this.ask({ ...question, userGuid }, signal);
    if (answer.status === 410 && question.method === 'DELETE') return { fields: {}, isBehind: false };
    const fields = accepted(answer, 202, ...done);
    const isBehind = answer.status === 202;
    if (isBehind) {
      const operation = textOf(fields, 'operation') ?? '';
      await progress.report(operation);
      await this.poll(progress, operation, answer.retryAfter, lastOperation);
    }
    return { fields, isBehind };
  }

  private poll(
    progress: Progress,
    operation: string,
    retryAfter: number | undefined,
    { path, ids, ...options }: Request['lastOperation'],
  ): Promise<void> {
    return untilDone({
      ...options,
      clock: this.clock,
      progress,
      operation,
      retryAfter,
      ask: (named) => {
        const query = { ...ids, operation: named === '' ? undefined : named };
        const { userGuid, signal } = progress;
        return this.ask({ method: 'GET', path: `${path}/last_operation`, query, userGuid }, signal);
      },
    });
  }

  private ofInstance(verb: string, instance: BrokeredInstance): Request['lastOperation'] {
    const { maximumPollingDuration: maximumDuration } = instance;
    return { verb, maximumDuration, path: pathOf(instance), ids: idsOf(instance) };
  }

  private ofBinding(verb: string, instance: BrokeredInstance, guid: string): Request['lastOperation'] {
    return { ...this.ofInstance(verb, instance), path: bindingPath(instance, guid) };
  }

  /** Fetches a binding that the broker has created asynchronously. */
  private async fetchBinding(
    instance: BrokeredInstance,
    path: string,
    { userGuid, signal }: Progress,
  ): Promise<Fields> {
    if (!instance.bindingsRetrievable) {
      throw new BrokerFailure('The broker responded asynchronously but does not support fetching binding data.', true);
    }
    return accepted(await this.ask({ method: 'GET', path, query: idsOf(instance), userGuid }, signal), 200);
  }

  private ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    return this.exchange.ask(this.address, question, signal);
  }
}
