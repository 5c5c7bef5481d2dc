import { isUtf8 } from 'node:buffer';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { leaveOut, Refusal, unavailable, validationFailed } from '@app/platform';
import express, { type Request, type Response } from 'express';

/** A charset parameter that says anything but UTF-8, the one encoding of JSON here. */
const FOREIGN_CHARSET = /;\s*charset\s*=(?!\s*"?utf-8"?\s*(;|$))/i;

const parse = express.json({
  limit: LIMITS.bodyBytes,
  strict: false,
  type: 'application/json',
  verify: (_request, _response, bytes) => {
    // The parser would put a replacement character where bytes are no text: what was sent is stored, or refused.
    if (!isUtf8(bytes)) throw new Error('no UTF-8');
  },
});

/** How long a body may take to come, in milliseconds. */
const BODY_MS = 10_000;

/** From its second piece on, a body that comes in pieces smaller than this many bytes is read once in so many milliseconds. */
const SMALL_BYTES = 1_024;
const GATHER_MS = 100;

const REFUSALS: Readonly<Record<string, () => Refusal>> = {
  'entity.too.large': () => new Refusal('PAYLOAD_TOO_LARGE'),
  'encoding.unsupported': () => new Refusal('UNSUPPORTED_MEDIA_TYPE'),
  'charset.unsupported': () => new Refusal('UNSUPPORTED_MEDIA_TYPE'),
};

/**
 * Fourth in line: reads the body, only now that origin, session and rate have been checked. A body that is too
 * large or no JSON by its type is refused before it is parsed.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  /** @throws {Refusal} PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    if (request.method === 'GET' || request.method === 'HEAD') return true;
    const length = Number(request.headers['content-length'] ?? 0);
    if (request.headers['transfer-encoding'] === undefined && length === 0) return true;
    if (length > LIMITS.bodyBytes) throw new Refusal('PAYLOAD_TOO_LARGE');
    const type = request.headers['content-type'] ?? '';
    if (!request.is('application/json') || FOREIGN_CHARSET.test(type))
      throw new Refusal('UNSUPPORTED_MEDIA_TYPE');
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done, failed) => {
      timer = setTimeout(() => {
        // What is left of it is not waited for.
        response.set('Connection', 'close');
        failed(validationFailed([{ field: 'body', message: 'did not come within 10 s' }]));
      }, BODY_MS);
      parse(request, response, (error?: unknown) => {
        if (error === undefined) done();
        else failed(asRefusal(error));
      });
      gatherSmallPieces(request);
    }).finally(() => clearTimeout(timer));
    leaveOut(performance.now() - began);
    return true;
  }
}

/** Reads what comes byte by byte seldom: each reading costs all others as much as a whole request. */
function gatherSmallPieces(request: Request): void {
  const { socket } = request;
  let pieces = 0;
  const gather = (piece: Buffer): void => {
    if (++pieces === 1 || piece.length >= SMALL_BYTES) return;
    socket.pause();
    setTimeout(() => socket.resume(), GATHER_MS).unref();
  };
  request.on('data', gather);
}

function asRefusal(error: unknown): Refusal {
  const type: unknown = typeof error === 'object' && error ? Reflect.get(error, 'type') : undefined;
  if (type === 'request.aborted') return unavailable();
  return REFUSALS[String(type)]?.() ?? validationFailed([{ field: 'body', message: 'is not JSON in UTF-8' }]);
}
