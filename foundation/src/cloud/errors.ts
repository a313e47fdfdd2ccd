/**
 * The API's errors, with Cloud Foundry's codes and messages.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#errors
 */
export class CloudError extends Error {
  public override readonly name = 'CloudError';

  public constructor(
    public readonly status: number,
    public readonly code: number,
    public readonly title: string,
    detail: string,
    /** The details of further errors of the same kind. */
    public readonly others: readonly string[] = [],
  ) {
    super(detail);
  }
}

const error = (status: number, code: number, title: string) => (detail: string) =>
  new CloudError(status, code, title, detail);

export const unprocessable = error(422, 10008, 'CF-UnprocessableEntity');
/** Several faults at once, each as a separate error. */
export const allUnprocessable = ([detail = '', ...others]: readonly string[]) =>
  new CloudError(422, 10008, 'CF-UnprocessableEntity', detail, others);
export const badQuery = error(400, 10005, 'CF-BadQueryParameter');
export const badRequest = error(400, 1004, 'CF-BadRequest');
export const unparsable = error(400, 1001, 'CF-MessageParseError');
export const operationInProgress = error(409, 60016, 'CF-AsyncServiceInstanceOperationInProgress');
export const alreadyBoundToRoute = () =>
  new CloudError(
    422,
    130008,
    'CF-ServiceInstanceAlreadyBoundToSameRoute',
    'The route and service instance are already bound.',
  );
export const invalidRelation = error(400, 1002, 'CF-InvalidRelation');
export const unableToPerform = (verb: string, detail: string) =>
  new CloudError(400, 10009, 'CF-UnableToPerform', `${verb} could not be completed: ${detail}`);
export const brokerNotRemovable = error(422, 270010, 'CF-ServiceBrokerNotRemovable');
const brokerCatalogInvalid = error(502, 270012, 'CF-ServiceBrokerCatalogInvalid');
const brokerCatalogIncompatible = error(502, 270019, 'CF-ServiceBrokerCatalogIncompatible');
const brokerRequestRejected = error(502, 270020, 'CF-ServiceBrokerRequestRejected');
const brokerRequestMalformed = error(502, 270021, 'CF-ServiceBrokerRequestMalformed');

/** A broker's failure in a request that the client waits for. */
export const brokerUnanswered = error(502, 10001, 'UnknownError');

const CHECK_URL = 'Please check that the URL points to a valid service broker.';

/** Errors of a catalog, which the job that registers the broker reports. */
export const catalogInvalid = (detail: string) => brokerCatalogInvalid(`Service broker catalog is invalid: ${detail}`);
export const catalogIncompatible = (detail: string) =>
  brokerCatalogIncompatible(`Service broker catalog is incompatible: ${detail}`);
export const catalogRejected = (status: string) =>
  brokerRequestRejected(`The service broker rejected the request. Status Code: ${status}. ${CHECK_URL}`);
export const catalogMalformed = () =>
  brokerRequestMalformed(
    `The service broker returned an invalid response: expected valid JSON object in body. ${CHECK_URL}`,
  );
/** The request couldn't be read, so no other code fits better. */
export const requestTimeout = error(408, 1001, 'CF-MessageParseError');
export const headTooLarge = error(431, 1001, 'CF-MessageParseError');
export const uploadTooLarge = error(413, 10012, 'CF-RequestEntityTooLarge');

const resourceNotFound = error(404, 10010, 'CF-ResourceNotFound');

/** Also for an object that the caller may not see: the platform doesn't distinguish the two. */
export const notFound = (thing: string) => resourceNotFound(`${thing} not found`);

export const unknownRequest = () => new CloudError(404, 10000, 'CF-NotFound', 'Unknown request');
export const notAuthorized = () =>
  new CloudError(403, 10003, 'CF-NotAuthorized', 'You are not authorized to perform the requested action');
export const orgSuspended = () => new CloudError(403, 10017, 'CF-OrgSuspended', 'The organization is suspended');
export const featureDisabled = (flag: string) =>
  new CloudError(403, 330002, 'CF-FeatureDisabled', `Feature Disabled: ${flag}`);
export const notAuthenticated = () => new CloudError(401, 10002, 'CF-NotAuthenticated', 'Authentication error');
export const invalidAuthToken = () => new CloudError(401, 1000, 'CF-InvalidAuthToken', 'Invalid Auth Token');
export const stagingInProgress = () =>
  new CloudError(422, 170004, 'CF-StagingInProgress', 'Only one build can be STAGING at a time per application.');
/** Nothing was changed, so the same request succeeds once there is room. */
export const diskFull = () =>
  new CloudError(
    500,
    10011,
    'CF-DatabaseError',
    "Database error: the foundation's disk is full; nothing was changed. Free space in the container engine " +
      '("docker system df" shows what uses it) and repeat the request.',
  );
export const unknownError = () =>
  new CloudError(500, 10001, 'UnknownError', "An unknown error occurred. See the foundation's log.");
