// A user of the public API, with a session cookie; it waits when it is told to be slower.
import { setTimeout as pause } from 'node:timers/promises';
import { Unfit } from '../project.mjs';

const ANSWER_LIMIT_MS = 15_000;
const TRIES = 8;

/** @typedef {{ status: number, headers: Headers, body: Record<string, any> }} Answer */

/** One account of the audit. */
export class EdgeUser {
  /** The session's token, as the cookie carries it. @type {string} */
  token = '';
  #cookie = '';
  /** The register answer's Set-Cookie line. */
  setCookie = '';

  /** @param {string} url @param {string} username @param {string} password */
  constructor(url, username, password) {
    this.url = url;
    this.username = username;
    this.password = password;
  }

  /**
   * Calls the API; RATE_LIMITED and SERVICE_UNAVAILABLE are waited out.
   * @param {string} method
   * @param {string} path below /api/v1
   * @param {unknown} [body]
   * @returns {Promise<Answer>}
   */
  async call(method, path, body) {
    for (let tried = 1; ; tried += 1) {
      const response = await fetch(`${this.url}/api/v1${path}`, {
        method,
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
        headers: {
          ...(this.#cookie !== '' && { cookie: this.#cookie }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if ((response.status === 429 || response.status === 503) && tried < TRIES) {
        await pause(Math.min(Number(response.headers.get('retry-after') ?? 1), 20) * 1_000);
        continue;
      }
      this.#keepCookie(response.headers);
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? {} : JSON.parse(text),
      };
    }
  }

  /**
   * The same, where another answer than the expected one ends the audit.
   * @param {string} method @param {string} path @param {unknown} [body]
   * @throws {Unfit}
   */
  async expect(method, path, body) {
    const answer = await this.call(method, path, body);
    if (answer.status < 300) return answer.body;
    const code = String(answer.body['code'] ?? answer.status);
    const hint =
      code === 'REGISTRATION_CLOSED' ? ': the audit needs two accounts, open registration for it' : '';
    throw new Unfit(`${method} ${path} was refused with ${code}${hint}`);
  }

  /** @param {Headers} headers */
  #keepCookie(headers) {
    for (const line of headers.getSetCookie()) {
      const [, name, token] = /^((?:__Host-)?sid)=([^;]*)/.exec(line) ?? [];
      if (!name || !token) continue;
      this.#cookie = `${name}=${token}`;
      this.token = token;
      this.setCookie = line;
    }
  }
}
