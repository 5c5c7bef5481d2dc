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

  /**
   * Makes the account. Where the machine is so slow that the answer to a first try got lost, the name is taken by it:
   * nobody else has such a name.
   * @returns {Promise<string>} its id
   * @throws {Unfit}
   */
  async signUp() {
    const account = { username: this.username, password: this.password };
    const { body } = await this.call('POST', '/auth/register', account);
    const again = body['code'] === 'USERNAME_TAKEN' ? '/auth/login' : '/auth/register';
    const { user } = body['user'] ? body : await this.expect('POST', again, account);
    return String(user.id);
  }

  /**
   * Changes the password. Where the answer to a first try got lost, it has ended the session of the second.
   * @param {string} newPassword
   * @throws {Unfit}
   */
  async changePassword(newPassword) {
    const { status } = await this.call('PUT', '/auth/password', {
      currentPassword: this.password,
      newPassword,
    });
    this.password = newPassword;
    if (status !== 204)
      await this.expect('POST', '/auth/login', { username: this.username, password: newPassword });
  }

  /** @param {Headers} headers */
  #keepCookie(headers) {
    for (const line of headers.getSetCookie()) {
      const [, name, token] = /^((?:__Host-)?sid(?:-\d+)?)=([^;]*)/.exec(line) ?? [];
      if (!name || !token) continue;
      this.#cookie = `${name}=${token}`;
      this.token = token;
      this.setCookie = line;
    }
  }
}
