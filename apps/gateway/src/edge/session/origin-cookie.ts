import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';

/** The port on which a cookie of plain HTTP has no port in its name. */
const DEFAULT_PORT = '5000';

/**
 * A cookie whose name and attributes depend on the request's origin. Over HTTPS it is `__Host-NAME` and Secure. Over plain
 * HTTP it is `NAME`, or `NAME-PORT` for another port than 5000: browsers share cookies between the ports of a host, and
 * two instances on one host would overwrite each other's.
 */
export class OriginCookie {
  private readonly hostName: string;
  private readonly byOrigin: ReadonlyMap<string, string>;
  private readonly plainNames: readonly string[];
  private readonly first: string;

  /**
   * @param name without prefix and port
   * @param origins the app's, as browsers write them; a request without an Origin gets the cookie of the first
   */
  constructor(name: string, origins: readonly string[]) {
    this.hostName = `__Host-${name}`;
    this.byOrigin = new Map(origins.map((origin) => [origin, this.nameAt(name, new URL(origin))]));
    const names = [...this.byOrigin.values()];
    this.first = names[0] ?? name;
    this.plainNames = [...new Set(names)].filter((one) => one !== this.hostName);
  }

  private nameAt(name: string, { protocol, port }: URL): string {
    if (protocol === 'https:') return this.hostName;
    return port === DEFAULT_PORT ? name : `${name}-${port || '80'}`;
  }

  /** Returns the value in a Cookie header. Where `__Host-NAME` is present or all origins use HTTPS, only that counts. */
  read(header: string | undefined): string | undefined {
    if (header === undefined) return undefined;
    const cookies = parseCookie(header);
    const names = cookies[this.hostName] === undefined ? this.plainNames : [this.hostName];
    return names.map((name) => cookies[name]).find((value) => value !== undefined);
  }

  /**
   * Sets the cookie.
   * @param maxAge how long the browser keeps it, in seconds
   */
  set(request: Request, response: Response, value: string, maxAge: number): void {
    const name = this.byOrigin.get(request.headers.origin ?? '') ?? this.first;
    this.append(response, name, value, maxAge);
    // A browser that treats http://localhost as secure also sends `__Host-NAME`, which would take precedence.
    if (name !== this.hostName && this.sends(request, this.hostName))
      this.append(response, this.hostName, '', 0);
  }

  /** Deletes the cookies that the request sends. */
  clear(request: Request, response: Response): void {
    for (const name of [this.hostName, ...this.plainNames])
      if (this.sends(request, name)) this.append(response, name, '', 0);
  }

  private sends({ headers }: Request, name: string): boolean {
    return headers.cookie !== undefined && parseCookie(headers.cookie)[name] !== undefined;
  }

  private append(response: Response, name: string, value: string, maxAge: number): void {
    const rules = { httpOnly: true, sameSite: 'strict', path: '/', secure: name === this.hostName } as const;
    response.append('Set-Cookie', stringifySetCookie({ name, value, maxAge, ...rules }));
  }
}
