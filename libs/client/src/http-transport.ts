import { fromProblem, interceptedBy, unreachable } from './api-error.js';
import type { CookieJar } from './cookie-jar.js';
import { ServerClock } from './server-clock.js';

/** The options of a call; each has a default. */
export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: object;
  readonly query?: Readonly<Record<string, number | undefined>>;
  /** The timeout in milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Makes HTTP calls to one server, with timeouts and cookies; every failure is an ApiError. */
export class HttpTransport {
  /** The server's time, from its answers. */
  readonly clock = new ServerClock();

  constructor(
    private readonly baseUrl: string,
    private readonly cookies: CookieJar | undefined,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Makes a call whose answer is JSON or empty (204).
   * @param path under `/api/v1`, with a leading slash
   * @throws ApiError
   */
  async json<T>(path: string, options: CallOptions = {}): Promise<T> {
    const limit = AbortSignal.timeout(options.timeoutMs ?? this.timeoutMs);
    const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
    const response = await this.answer(path, options, signal);
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      throw unreachable('The answer was cut off');
    }
  }

  /**
   * Makes a call whose answer is read in chunks. The timeout applies to each chunk, not to the whole answer.
   * @param onChunk called with each chunk and the number of bytes so far
   * @throws ApiError
   */
  async stream(
    path: string,
    onChunk: (chunk: Uint8Array, receivedBytes: number) => void,
    options: CallOptions = {},
  ): Promise<void> {
    const idle = new AbortController();
    const limitMs = options.timeoutMs ?? this.timeoutMs;
    const end = (): void => idle.abort();
    let timer = setTimeout(end, limitMs);
    const signal = options.signal ? AbortSignal.any([idle.signal, options.signal]) : idle.signal;
    try {
      const response = await this.answer(path, options, signal);
      const reader = response.body?.getReader();
      let received = 0;
      for (;;) {
        const piece = reader && (await readPiece(reader));
        if (piece === undefined) break;
        clearTimeout(timer);
        timer = setTimeout(end, limitMs);
        received += piece.byteLength;
        onChunk(piece, received);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private async answer(path: string, options: CallOptions, signal: AbortSignal): Promise<Response> {
    const cookie = this.cookies?.header();
    const headers: Record<string, string> = { accept: 'application/json' };
    if (options.body) headers['content-type'] = 'application/json';
    if (cookie) headers['cookie'] = cookie;
    let response: Response;
    try {
      response = await globalThis.fetch(`${this.baseUrl}/api/v1${path}${queryString(options.query)}`, {
        method: options.method ?? 'GET',
        headers,
        credentials: 'same-origin',
        redirect: 'manual', // the API never redirects: a proxy does
        signal,
        ...(options.body ? { body: JSON.stringify(options.body) } : {}),
      });
    } catch {
      throw unreachable(
        signal.aborted ? 'The server did not answer in time' : 'The server could not be reached',
      );
    }
    if (isIntercepted(response)) throw interceptedBy(response.status);
    this.clock.note(response.headers.get('date'));
    this.cookies?.store(response.headers.getSetCookie());
    if (response.ok) return response;
    throw fromProblem(response.status, await problemBody(response), response.headers.get('retry-after'));
  }
}

/** Network Authentication Required (RFC 6585). */
const CAPTIVE_PORTAL = 511;

/**
 * Whether a proxy that requires a log-in has answered: with a redirect or a page. A page with status 502 to 504 only
 * means that the server is unavailable.
 */
function isIntercepted({ type, status, headers }: Response): boolean {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400) || status === CAPTIVE_PORTAL) return true;
  return status < 500 && /^\s*(text\/html|application\/xhtml)/iu.test(headers.get('content-type') ?? '');
}

async function readPiece(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return (await reader.read()).value;
  } catch {
    throw unreachable('The answer was cut off');
  }
}

async function problemBody(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function queryString(query: CallOptions['query'] = {}): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
