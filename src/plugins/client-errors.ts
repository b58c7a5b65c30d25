import type { Socket } from 'node:net';
import { AppError, type ErrorDetails, REQUEST_TIMEOUT, type Refusal } from '../lib/errors.ts';
import { newRequestId } from '../lib/request-id.ts';
import { failureBody, failureOf } from './errors.ts';

const HEADERS_TOO_LARGE: Refusal = {
  code: 'HEADERS_TOO_LARGE',
  statusCode: 431,
  message: 'The request headers are too large.',
};
const MALFORMED_REQUEST: Refusal = {
  code: 'VALIDATION_ERROR',
  statusCode: 400,
  message: 'The request is not valid HTTP.',
};
// A 400 names what is wrong, as every 400 does.
const DETAILS: Record<number, ErrorDetails> = {
  400: { errors: [{ location: 'headers', field: '', message: 'Not well-formed HTTP/1.1.' }] },
};
const REASONS: Record<number, string> = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Header Fields Too Large' };

/** Answers what never became a request: a slow client, too many headers, broken HTTP. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error.code);
  const requestId = newRequestId();
  const failure = failureOf(new AppError(refusal, DETAILS[refusal.statusCode]));
  const body = JSON.stringify(failureBody(failure, { path: '', method: '', requestId }));
  socket.end(
    [
      `HTTP/1.1 ${refusal.statusCode} ${REASONS[refusal.statusCode]}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function refusalOf(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return REQUEST_TIMEOUT;
  return code === 'HPE_HEADER_OVERFLOW' ? HEADERS_TOO_LARGE : MALFORMED_REQUEST;
}
