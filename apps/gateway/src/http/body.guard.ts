import { isUtf8 } from 'node:buffer';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { leaveOut, Refusal, unavailable, validationFailed } from '@app/platform';
import express, { type Request, type Response } from 'express';

/** A charset parameter other than UTF-8, the only encoding of JSON here. */
const FOREIGN_CHARSET = /;\s*charset\s*=(?!\s*"?utf-8"?\s*(;|$))/i;

const parse = express.json({
  limit: LIMITS.bodyBytes,
  strict: false,
  type: 'application/json',
  verify: (_request, _response, bytes) => {
    // The parser would replace what is not UTF-8: a text is stored as it was sent, or refused.
    if (!isUtf8(bytes)) throw new Error('no UTF-8');
  },
});

/** How long a body may take to arrive, in milliseconds. */
const BODY_MS = 10_000;

/** From its second chunk on, a body that arrives in chunks of fewer bytes than this is read once per GATHER_MS. */
const SMALL_BYTES = 1_024;
const GATHER_MS = 100;

const REFUSALS: Readonly<Record<string, () => Refusal>> = {
  'entity.too.large': () => new Refusal('PAYLOAD_TOO_LARGE'),
  'encoding.unsupported': () => new Refusal('UNSUPPORTED_MEDIA_TYPE'),
  'charset.unsupported': () => new Refusal('UNSUPPORTED_MEDIA_TYPE'),
};

/**
 * The fourth guard: reads the body, after origin, session and rate were checked. A body that is too large, or that is
 * not JSON by its type, is refused before it is parsed.
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
        // The rest of it is not read.
        response.set('Connection', 'close');
        failed(validationFailed([{ field: 'body', message: 'did not come within 10 s' }]));
      }, BODY_MS);
      parse(request, response, (error?: unknown) => {
        if (error === undefined) done();
        else failed(asRefusal(error));
      });
      gatherSmallChunks(request);
    }).finally(() => clearTimeout(timer));
    leaveOut(performance.now() - began);
    return true;
  }
}

/** Reads a body that arrives in small chunks less often: each read costs as much as a whole request. */
function gatherSmallChunks(request: Request): void {
  const { socket } = request;
  let chunks = 0;
  const gather = (chunk: Buffer): void => {
    if (++chunks === 1 || chunk.length >= SMALL_BYTES) return;
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
