import { setTimeout as pause } from 'node:timers/promises';
import { Unfit } from '../../../project.mjs';

const ANSWER_LIMIT_MS = 15_000;
const TRIES = 8;

/** An answer of the public API. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An account of the audit, which uses the public API; it waits when the server asks it to be slower. */
export class EdgeUser {
  /** The session's token, as the cookie carries it. */
  token = '';
  private cookie = '';
  /** The Set-Cookie line of the latest session. */
  setCookie = '';

  constructor(
    private readonly url: string,
    readonly username: string,
    public password: string,
  ) {}

  /**
   * Calls the API; RATE_LIMITED and SERVICE_UNAVAILABLE are waited out.
   * @param path below /api/v1
   */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    for (let tried = 1; ; tried += 1) {
      const response = await fetch(`${this.url}/api/v1${path}`, {
        method,
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
        headers: {
          ...(this.cookie !== '' && { cookie: this.cookie }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if ((response.status === 429 || response.status === 503) && tried < TRIES) {
        await pause(Math.min(Number(response.headers.get('retry-after') ?? 1), 20) * 1_000);
        continue;
      }
      this.keepCookie(response.headers);
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
    }
  }

  /**
   * Calls the API and returns the answer's body, as its description says that it looks.
   * @throws {Unfit} when it is refused, which ends the audit
   */
  async expect<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.call(method, path, body);
    if (answer.status < 300) return answer.body as Body;
    const { code = answer.status } = answer.body as { code?: string };
    const hint =
      code === 'REGISTRATION_CLOSED' ? ': the audit needs two accounts, open registration for it' : '';
    throw new Unfit(`${method} ${path} was refused with ${code}${hint}`);
  }

  /**
   * Registers the account. Where the machine is so slow that the answer to a first try got lost, the name is taken by it:
   * nobody else has such a name.
   * @returns its id
   * @throws {Unfit}
   */
  async signUp(): Promise<string> {
    const account = { username: this.username, password: this.password };
    const { body } = await this.call('POST', '/auth/register', account);
    const again = body['code'] === 'USERNAME_TAKEN' ? '/auth/login' : '/auth/register';
    const made = 'user' in body ? body : await this.expect('POST', again, account);
    return (made as { user: { id: string } }).user.id;
  }

  /**
   * Changes the password. Where the answer to a first try got lost, it has ended the session of the second.
   * @throws {Unfit}
   */
  async changePassword(newPassword: string): Promise<void> {
    const { status } = await this.call('PUT', '/auth/password', {
      currentPassword: this.password,
      newPassword,
    });
    this.password = newPassword;
    if (status !== 204)
      await this.expect('POST', '/auth/login', { username: this.username, password: newPassword });
  }

  private keepCookie(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [, name, token] = /^((?:__Host-)?sid(?:-\d+)?)=([^;]*)/.exec(line) ?? [];
      if (!name || !token) continue;
      this.cookie = `${name}=${token}`;
      this.token = token;
      this.setCookie = line;
    }
  }
}
