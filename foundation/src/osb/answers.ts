/**
 * Interprets the responses of brokers, with the platform's error messages.
 *
 * @see https://github.com/cloudfoundry/cloud_controller_ng/blob/main/lib/services/service_brokers/v2/response_parser.rb
 */
import { BrokerFailure, BrokerRefusal } from '../cloud/broker';
import type { Answer } from './exchange';

export type Fields = Readonly<Record<string, unknown>>;

/** Characters of a response that error messages show. */
const MAX_SHOWN = 8192;
const CUT = "...This message has been truncated due to size. To read the full message, check the broker's logs";

const shortened = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}${CUT}` : text);

/** The fields of a response; `undefined` if it is not a JSON object. */
export const fieldsOf = ({ text }: Answer): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
};

export const textOf = (fields: Fields | undefined, name: string): string | undefined => {
  const value = fields?.[name];
  return typeof value === 'string' ? value : undefined;
};

/** Messages for error codes. */
const CODED: Readonly<Partial<Record<string, string>>> = {
  AsyncRequired: 'This service plan requires client support for asynchronous service operations.',
  RequiresApp: 'This service supports generation of credentials through binding an application only.',
  ConcurrencyError: 'The service broker could not perform this operation in parallel with other running operations',
};

/** The failure that a response means. Only a 4xx means for certain that nothing was created. */
const rejection = (answer: Answer): BrokerFailure => {
  const { status, line, text } = answer;
  const fields = fieldsOf(answer);
  const description = textOf(fields, 'description');
  const coded = status === 422 ? CODED[textOf(fields, 'error') ?? ''] : undefined;
  if (status === 401) {
    return new BrokerFailure(
      'Authentication with the service broker failed. Double-check that the username and password are correct.',
    );
  }
  if (coded !== undefined) return new BrokerFailure(coded);
  const isOrphaning = status < 400 || status >= 500;
  if (description !== undefined) return new BrokerRefusal(shortened(description), isOrphaning);
  if (status === 409) return new BrokerFailure('Resource conflict');
  return new BrokerFailure(
    shortened(
      isOrphaning
        ? `The service broker returned an invalid response. Status Code: ${line}, Body: ${text}`
        : `The service broker rejected the request. Status Code: ${line}, Body: ${text}`,
    ),
    isOrphaning,
  );
};

const malformed = ({ status, text }: Answer): BrokerFailure =>
  new BrokerFailure(
    shortened(
      'The service broker returned an invalid response: expected valid JSON object in body, ' +
        `broker returned '${text}'`,
    ),
    status !== 200,
  );

/** The fields of a response with one of these statuses; throws for any other. */
export const accepted = (answer: Answer, ...statuses: readonly number[]): Fields => {
  if (!statuses.includes(answer.status)) throw rejection(answer);
  const fields = fieldsOf(answer);
  if (!fields) throw malformed(answer);
  return fields;
};
