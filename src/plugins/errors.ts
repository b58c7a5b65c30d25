import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type DatabaseFault, databaseFaultOf, isDatabaseUnavailable } from '../lib/database-errors.ts';
import * as refusals from '../lib/errors.ts';
import { AppError, type ErrorDetails, type Refusal } from '../lib/errors.ts';

type FieldError = { location: string; field: string; message: string };
export type Failure = { refusal: Refusal; details?: ErrorDetails | undefined; errors?: FieldError[] };

const BY_FASTIFY_CODE: Record<string, Refusal> = {
  FST_ERR_CTP_BODY_TOO_LARGE: refusals.PAYLOAD_TOO_LARGE,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: refusals.UNSUPPORTED_MEDIA_TYPE,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: refusals.MALFORMED_JSON,
  FST_ERR_CTP_EMPTY_JSON_BODY: refusals.MALFORMED_JSON,
  FST_ERR_CTP_INVALID_JSON_BODY: refusals.MALFORMED_JSON,
  FST_ERR_REP_CLOSED: refusals.SERVICE_UNAVAILABLE,
  FST_UNDER_PRESSURE: refusals.SERVICE_UNAVAILABLE,
  FST_ERR_ROUTE_MISSING_HANDLER: refusals.ROUTE_NOT_FOUND,
};

// Refused by the router, before any schema sees them.
const BAD_URLS: Record<string, string> = {
  FST_ERR_BAD_URL: 'The path is not valid percent-encoded UTF-8.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the path is too long.',
};

const LOCATIONS: Record<string, string> = { body: 'body', querystring: 'query', params: 'params', headers: 'headers' };
const RETRY_AFTER_SECONDS = 1;

/** The one place where an error becomes an answer. 4xx are logged with the request line, 5xx as errors and opaque. */
export const errors = fp(
  async (app) => {
    app.setErrorHandler((error: FastifyError, request, reply) => sendFailure(request, reply, error));
    app.setNotFoundHandler((request, reply) => sendFailure(request, reply, new AppError(refusals.ROUTE_NOT_FOUND)));
  },
  { name: 'errors' },
);

export function sendFailure(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const failure = failureOf(error);
  const { statusCode } = failure.refusal;
  if (statusCode >= 500) logFailure(request.server, { request, error, failure });
  const retryAfter = failure.details?.['retryAfterSeconds'] ?? (statusCode === 503 ? RETRY_AFTER_SECONDS : undefined);
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(statusCode)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(failureBody(failure, { path: pathOf(request.url), method: request.method, requestId: request.id }));
}

function logFailure(
  app: FastifyInstance,
  { request, error, failure }: { request: FastifyRequest; error: unknown; failure: Failure },
): void {
  const fields = { requestId: request.id, operation: request.routeOptions.schema?.operationId, err: error };
  // The refusal says what the caller may know; its cause is for the operator.
  if (error instanceof AppError) app.log.warn({ ...fields, err: error.cause, code: error.code }, 'refused');
  else if (failure.refusal.statusCode === 503) app.log.warn(fields, 'unavailable');
  else app.log.error(fields, 'unexpected error');
}

export function failureOf(error: unknown): Failure {
  if (error instanceof AppError) {
    const { errors: fields, ...details } = error.details ?? {};
    return {
      refusal: error,
      ...(Object.keys(details).length > 0 && { details }),
      ...(Array.isArray(fields) && { errors: fields as FieldError[] }),
    };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return { refusal: refusals.VALIDATION_ERROR, errors: fieldErrors(error) };
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  // A client that left in the middle of its body: Fastify's 400, with the code that a lost database has too.
  if (statusCode === 400 && code === 'ECONNRESET') return { refusal: refusals.MALFORMED_JSON };
  const fault = databaseFaultOf(error);
  if (fault) return failureOfFault(fault);
  const badUrl = BAD_URLS[code ?? ''];
  if (badUrl) return invalid({ location: 'params', field: '', message: badUrl });
  const known = BY_FASTIFY_CODE[code ?? ''];
  if (known) return { refusal: known };
  if (statusCode === 400) return { refusal: refusals.MALFORMED_JSON };
  return { refusal: refusals.INTERNAL_ERROR };
}

// 22021 and 22P05: text that the database cannot store; schemas refuse it before, this is the net below.
function failureOfFault(fault: DatabaseFault): Failure {
  if (isDatabaseUnavailable(fault)) return { refusal: refusals.SERVICE_UNAVAILABLE };
  if (fault.sqlState !== '22021' && fault.sqlState !== '22P05') return { refusal: refusals.INTERNAL_ERROR };
  return invalid({ location: 'body', field: '', message: 'Some text is not well-formed Unicode without NUL.' });
}

function invalid(error: FieldError): Failure {
  return { refusal: refusals.VALIDATION_ERROR, errors: [error] };
}

type ZodFailure = { validation: { instancePath: string; message?: string }[]; validationContext?: string };

function fieldErrors(error: unknown): FieldError[] {
  const { validation, validationContext = 'body' } = error as ZodFailure;
  const location = LOCATIONS[validationContext] ?? 'body';
  return validation.map(({ instancePath, message = 'is not valid' }) => ({
    location,
    field: instancePath.slice(1).replaceAll('/', '.'),
    message,
  }));
}

export function failureBody(
  { refusal, errors: fields, details }: Failure,
  { path, method, requestId }: { path: string; method: string; requestId: string },
) {
  const { code, message, statusCode } = refusal;
  const timestamp = new Date().toISOString();
  const error = { code, message, statusCode, timestamp, path, method, requestId };
  return { success: false, error: { ...error, ...(fields && { errors: fields }), ...(details && { details }) } };
}

// Without the query: it may hold a secret.
function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
