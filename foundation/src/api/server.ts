import { createReadStream } from 'node:fs';
import { maxHeaderSize, STATUS_CODES } from 'node:http';
import { isIP, type Socket } from 'node:net';
import multipart from '@fastify/multipart';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { actingAs } from '../cloud/events';
import type { Cloud } from '../cloud/cloud';
import {
  badQuery,
  badRequest,
  CloudError,
  diskFull,
  headTooLarge,
  invalidAuthToken,
  notAuthenticated,
  notAuthorized,
  requestTimeout,
  unknownError,
  unknownRequest,
  unparsable,
  uploadTooLarge,
} from '../cloud/errors';
import { Access, ANYBODY, GLOBAL_SCOPES, GRANTS, type Actor } from '../cloud/permissions';
import { PolicyError } from '../cloud/policies';
import type { Tokens } from '../cloud/tokens';
import { SERVER_LIMITS } from '../limits';
import type { Call, Endpoint, Upload } from './endpoint';
import { isPolicyPath, presentPolicyError } from './policies';
import { resources } from './resources';
import type { SshPlace } from './root';
import { UaaError } from './uaa';

/** Bytes of a body other than an upload; the largest sensible ones are manifests and sets of rules. */
const MAX_BODY = 8 * 1024 * 1024;
/** Bytes of a package, as on the platform. */
const MAX_UPLOAD = 1024 * 1024 * 1024;
/** Bytes that an upload may have besides the package, for boundaries and headers. */
const MULTIPART_ROOM = 64 * 1024;
/** Milliseconds for a whole request: enough for a package of maximum size at 4 MB a second. */
const REQUEST_TIMEOUT = 300_000;

const FOREIGN_NAME = 'The API answers only at localhost and at IP addresses: the Host header names another host';

const isOwnName = (name: string): boolean =>
  name === '' || /^(.+\.)?localhost\.?$/i.test(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0;

const NOBODY: Actor = { userGuid: '', userName: '', scopes: [] };

const present = ({ code, title, message, others }: CloudError) => ({
  errors: [message, ...others].map((detail) => ({ code, title, detail })),
});

const packageTooLarge = uploadTooLarge(`The package exceeds the limit of ${MAX_UPLOAD} bytes`);

/** Errors of Fastify and of the file system, by code. */
const FOREIGN_ERRORS: Readonly<Record<string, CloudError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: uploadTooLarge(`The request body exceeds the limit of ${MAX_BODY} bytes`),
  FST_REQ_FILE_TOO_LARGE: packageTooLarge,
  ENOSPC: diskFull(),
};

/** The error to send to the client; `undefined` for a fault of the foundation itself. */
const clientError = (error: FastifyError | Error): CloudError | undefined => {
  if (error instanceof CloudError) return error;
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>;
  return FOREIGN_ERRORS[code] ?? (statusCode < 500 ? unparsable(`Bad request: ${error.message}`) : undefined);
};

/** An error that Node.js found before there was a request. */
const clientFault = ({ code, message }: NodeJS.ErrnoException): CloudError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTimeout(
        'The request took too long to arrive: send the headers at once and the body without pauses',
      );
    case 'HPE_HEADER_OVERFLOW':
      return headTooLarge(`The request headers exceed the limit of ${maxHeaderSize} bytes`);
    default:
      return unparsable(`Bad request: ${message}`);
  }
};

/** Answers on the socket itself, since there is no valid request, and closes it even if the client is still sending. */
const refuseClient = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const fault = clientFault(error);
  const body = JSON.stringify(present(fault));
  socket.write(
    `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status] ?? ''}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  socket.destroySoon();
};

const send = (reply: FastifyReply, status: number, body: unknown): FastifyReply =>
  reply.code(status).header('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify(body));

const single = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

const parseQuery = (request: FastifyRequest, { query: known = [], lenient = false }: Endpoint): Call['query'] => {
  const given = request.query as Record<string, unknown>;
  const unknown = Object.keys(given).filter((parameter) => !known.includes(parameter));
  if (unknown.length > 0 && !lenient) {
    const quote = (names: readonly string[]): string => names.map((text) => `'${text}'`).join(', ');
    throw badQuery(
      `The query parameter is invalid: Unknown query parameter(s): ${quote(unknown)}. ` +
        `Valid parameters are: ${quote(known)}`,
    );
  }
  return Object.fromEntries(Object.entries(given).map(([parameter, value]) => [parameter, single(value)]));
};

const authenticate = (request: FastifyRequest, tokens: Tokens): Actor => {
  const [, token] = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const policy = isPolicyPath(request.url);
  if (token === undefined) {
    throw policy ? new PolicyError(401, 'authenticator: missing authorization header') : notAuthenticated();
  }
  const actor = tokens.actorOf(token);
  if (!actor) {
    throw policy ? new PolicyError(401, 'authenticator: failed to verify token with uaa') : invalidAuthToken();
  }
  return actor;
};

/** A token grants no more than its scopes. */
const requireScope = ({ method, path }: Endpoint, { scopes }: Actor): void => {
  const wanted = method === 'GET' ? 'cloud_controller.read' : 'cloud_controller.write';
  const everywhere = method === 'GET' ? Object.values(GLOBAL_SCOPES) : [GLOBAL_SCOPES.admin];
  if (path.startsWith('/v3/') && ![wanted, ...everywhere].some((scope) => scopes.includes(scope))) {
    throw notAuthorized();
  }
};

/** The multipart parser's own errors have no code: malformed input is the client's fault. */
const malformed = (error: Error): Error => ('code' in error ? error : Object.assign(error, { statusCode: 400 }));

const upload = async (request: FastifyRequest): Promise<Upload | undefined> => {
  if (!request.isMultipart()) return undefined;
  // Refuses the upload before writing any of it.
  if (Number(request.headers['content-length'] ?? 0) > MAX_UPLOAD + MULTIPART_ROOM) throw packageTooLarge;
  const part = await request.file().catch((error: unknown) => {
    throw malformed(error as Error);
  });
  // If the upload breaks off later, its reader gets the same error object, now with a status.
  part?.file.once('error', malformed);
  return part && { name: part.fieldname, content: part.file };
};

const sendUnknown = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const error = unknownRequest();
  const body = isPolicyPath(request.url) ? presentPolicyError(error.message) : present(error);
  return send(reply, error.status, body);
};

export interface ServerOptions {
  readonly cloud: Cloud;
  readonly tokens: Tokens;
  /** @default - no SSH server */
  readonly ssh?: SshPlace;
  readonly onFailure: (error: unknown) => void;
  /** @default - five minutes */
  readonly requestTimeout?: number;
}

/** The foundation's HTTP server. It refuses whatever it doesn't know, so a client's mistakes show here first. */
export const createServer = (options: ServerOptions): FastifyInstance => {
  const { cloud, tokens, ssh, onFailure } = options;
  const server = fastify({
    http: SERVER_LIMITS,
    requestTimeout: options.requestTimeout ?? REQUEST_TIMEOUT,
    bodyLimit: MAX_BODY,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: refuseClient,
    // An invalid path, such as one with half an escape sequence.
    frameworkErrors: (_error, request, reply) => {
      sendUnknown(request, reply);
    },
  });
  void server.register(multipart, { limits: { fileSize: MAX_UPLOAD, files: 1 } });
  // Like the platform, ignores the body's content type and reads it as the endpoint expects it.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  server.setNotFoundHandler(sendUnknown);
  server.setErrorHandler((error: FastifyError | Error, request, reply) => {
    if (error instanceof PolicyError) return send(reply, error.status, presentPolicyError(error.message));
    if (error instanceof UaaError) {
      return send(reply, error.status, { error: error.code, error_description: error.message });
    }
    const fault = clientError(error);
    // Closing the connection while the client is still sending would lose the answer, so the rest is read and discarded.
    reply.removeHeader('connection');
    if (fault) {
      return send(reply, fault.status, isPolicyPath(request.url) ? presentPolicyError(fault.message) : present(fault));
    }
    onFailure(error);
    return send(reply, 500, present(unknownError()));
  });

  // Protects against DNS rebinding: a web page must not reach the API through its own name that resolves to this host.
  server.addHook('onRequest', (request, _reply, done) =>
    done(isOwnName(request.hostname) ? undefined : badRequest(FOREIGN_NAME)),
  );
  void server.register((instance, _options, done) => {
    for (const endpoint of resources(cloud, tokens, ssh)) {
      instance.route({
        method: endpoint.method,
        url: endpoint.path,
        exposeHeadRoute: false,
        handler: async (request, reply) => {
          const actor = GRANTS[endpoint.needs] === ANYBODY ? NOBODY : authenticate(request, tokens);
          requireScope(endpoint, actor);
          const call: Call = {
            access: new Access(cloud.state, actor),
            needs: endpoint.needs,
            params: request.params as Record<string, string>,
            query: parseQuery(request, endpoint),
            headers: request.headers,
            text: typeof request.body === 'string' ? request.body : '',
            base: `http://${request.host}`,
            path: request.url.split('?')[0] ?? '',
            file: () => upload(request),
          };
          const answer = await actingAs(cloud.state, actor === NOBODY ? undefined : actor.userGuid, async () =>
            endpoint.handle(call),
          );
          void reply.code(answer.status).headers({ ...answer.headers });
          if (answer.file !== undefined) {
            return reply.type('application/octet-stream').send(createReadStream(answer.file));
          }
          if (answer.body === undefined) return reply.send();
          return typeof answer.body === 'string'
            ? reply.send(answer.body)
            : reply
                .header('Content-Type', answer.headers?.['Content-Type'] ?? 'application/json; charset=utf-8')
                .send(JSON.stringify(answer.body));
        },
      });
    }
    done();
  });
  return server;
};
