/** A refusal as data: what a client sees when an operation says no. */
export type Refusal = { readonly code: string; readonly statusCode: number; readonly message: string };

export type ErrorDetails = Record<string, unknown>;

/** The one error type that reaches a client. Its message is written for the caller and carries no internals. */
export class AppError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly details: ErrorDetails | undefined;

  constructor(refusal: Refusal, details?: ErrorDetails, options?: ErrorOptions) {
    super(refusal.message, options);
    this.name = 'AppError';
    this.code = refusal.code;
    this.statusCode = refusal.statusCode;
    this.details = details;
  }
}

/** Refusals that any area may give. `details.retryAfterSeconds`, where given, becomes the Retry-After header. */
export const VALIDATION_ERROR: Refusal = {
  code: 'VALIDATION_ERROR',
  statusCode: 400,
  message: 'The request is not valid. See errors for each field.',
};
export const MALFORMED_JSON: Refusal = {
  code: 'MALFORMED_JSON',
  statusCode: 400,
  message: 'The body is not well-formed JSON.',
};
export const UNAUTHORIZED: Refusal = {
  code: 'UNAUTHORIZED',
  statusCode: 401,
  message: 'Authentication is required, or the credential is not valid.',
};
export const TOKEN_EXPIRED: Refusal = { code: 'TOKEN_EXPIRED', statusCode: 401, message: 'The token has expired.' };
export const INVALID_API_KEY: Refusal = {
  code: 'INVALID_API_KEY',
  statusCode: 401,
  message: 'The API key is not valid.',
};
export const FORBIDDEN: Refusal = { code: 'FORBIDDEN', statusCode: 403, message: 'Your role does not permit this.' };
export const INSUFFICIENT_SCOPE: Refusal = {
  code: 'INSUFFICIENT_SCOPE',
  statusCode: 403,
  message: 'The API key lacks the scope that this needs: see details.requiredScope.',
};
export const TENANT_REQUIRED: Refusal = {
  code: 'TENANT_REQUIRED',
  statusCode: 400,
  message: 'Say which brand is meant: send its id as X-Tenant-Id.',
};
export const NOT_FOUND: Refusal = { code: 'NOT_FOUND', statusCode: 404, message: 'Not found.' };
export const ROUTE_NOT_FOUND: Refusal = {
  code: 'ROUTE_NOT_FOUND',
  statusCode: 404,
  message: 'There is no such route.',
};
export const REQUEST_TIMEOUT: Refusal = {
  code: 'REQUEST_TIMEOUT',
  statusCode: 408,
  message: 'The request took too long to arrive.',
};
export const PAYLOAD_TOO_LARGE: Refusal = {
  code: 'PAYLOAD_TOO_LARGE',
  statusCode: 413,
  message: 'The body is too large.',
};
export const UNSUPPORTED_MEDIA_TYPE: Refusal = {
  code: 'UNSUPPORTED_MEDIA_TYPE',
  statusCode: 415,
  message: 'Send application/json in UTF-8, without a content encoding.',
};
export const RATE_LIMITED: Refusal = { code: 'RATE_LIMITED', statusCode: 429, message: 'Too many requests.' };
export const QUOTA_EXCEEDED: Refusal = {
  code: 'QUOTA_EXCEEDED',
  statusCode: 402,
  message: "The month's requests of the brand's plan are used up: see details.resetsAt, or change the plan.",
};
export const IDEMPOTENCY_KEY_REUSED: Refusal = {
  code: 'IDEMPOTENCY_KEY_REUSED',
  statusCode: 422,
  message: 'This Idempotency-Key was used with another request. Choose a new key for a new request.',
};
export const IDEMPOTENCY_IN_PROGRESS: Refusal = {
  code: 'IDEMPOTENCY_IN_PROGRESS',
  statusCode: 409,
  message: 'The first request with this Idempotency-Key is still running.',
};
export const INTERNAL_ERROR: Refusal = { code: 'INTERNAL_ERROR', statusCode: 500, message: 'Something went wrong.' };
export const SERVICE_UNAVAILABLE: Refusal = {
  code: 'SERVICE_UNAVAILABLE',
  statusCode: 503,
  message: 'The service cannot answer now. Try again shortly.',
};
