import { isUtf8 } from 'node:buffer';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { leaveOut, ApiError, unavailable, validationFailed } from '@app/platform';
import express, { type Request, type Response } from 'express';

/** Matches a charset parameter that is not UTF-8. */
const FOREIGN_CHARSET = /;\s*charset\s*=(?!\s*"?utf-8"?\s*(;|$))/i;

const parse = express.json({
  limit: LIMITS.bodyBytes,
  strict: false,
  type: 'application/json',
  verify: (_request, _response, bytes) => {
    // The parser would replace invalid bytes, and the server would store another text than was sent.
    if (!isUtf8(bytes)) throw new Error('not UTF-8');
  },
});

/** How long a body may take to arrive, in milliseconds. */
const BODY_TIMEOUT_MS = 10_000;

/** A chunk of fewer bytes than this, unless it is the first, pauses reading for `SMALL_CHUNK_PAUSE_MS`. */
const SMALL_CHUNK_BYTES = 1_024;
const SMALL_CHUNK_PAUSE_MS = 100;

const REFUSALS: Readonly<Record<string, () => ApiError>> = {
  'entity.too.large': () => new ApiError('PAYLOAD_TOO_LARGE'),
  'encoding.unsupported': () => new ApiError('UNSUPPORTED_MEDIA_TYPE'),
  'charset.unsupported': () => new ApiError('UNSUPPORTED_MEDIA_TYPE'),
};

/**
 * The fourth guard: reads the body, after origin, session and rate have been checked. Refuses a body that is too large or
 * not `application/json` without reading it.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  /** @throws {ApiError} PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED, SERVICE_UNAVAILABLE */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    if (request.method === 'GET' || request.method === 'HEAD') return true;
    const length = Number(request.headers['content-length'] ?? 0);
    if (request.headers['transfer-encoding'] === undefined && length === 0) return true;
    if (length > LIMITS.bodyBytes) throw new ApiError('PAYLOAD_TOO_LARGE');
    const type = request.headers['content-type'] ?? '';
    if (!request.is('application/json') || FOREIGN_CHARSET.test(type))
      throw new ApiError('UNSUPPORTED_MEDIA_TYPE');
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done, failed) => {
      timer = setTimeout(() => {
        // The rest of the body is not read.
        response.set('Connection', 'close');
        failed(validationFailed([{ field: 'body', message: 'did not arrive within 10 s' }]));
      }, BODY_TIMEOUT_MS);
      parse(request, response, (error?: unknown) => {
        if (error === undefined) done();
        else failed(asRefusal(error));
      });
      slowDownSmallChunks(request);
    }).finally(() => clearTimeout(timer));
    leaveOut(performance.now() - began);
    return true;
  }
}

/** Pauses reading after small chunks: each read costs as much as a whole request, also where it brings one byte. */
function slowDownSmallChunks(request: Request): void {
  const { socket } = request;
  let chunks = 0;
  request.on('data', (chunk: Buffer) => {
    if (++chunks === 1 || chunk.length >= SMALL_CHUNK_BYTES) return;
    socket.pause();
    setTimeout(() => socket.resume(), SMALL_CHUNK_PAUSE_MS).unref();
  });
}

function asRefusal(error: unknown): ApiError {
  const type: unknown = typeof error === 'object' && error ? Reflect.get(error, 'type') : undefined;
  if (type === 'request.aborted') return unavailable();
  return REFUSALS[String(type)]?.() ?? validationFailed([{ field: 'body', message: 'is not JSON in UTF-8' }]);
}
