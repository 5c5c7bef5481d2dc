import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';

/** The port on which a cookie of plain HTTP has its bare name. */
const BARE_PORT = '5000';

/**
 * A cookie whose name and attributes are those of the origin that the request names. Over HTTPS it is `__Host-NAME`
 * and Secure. Over plain HTTP it is `NAME`, with the port behind it where that is not 5000: cookies are not kept apart
 * by port, and two instances on one host would sign each other out.
 */
export class OriginCookie {
  private readonly hostName: string;
  private readonly byOrigin: ReadonlyMap<string, string>;
  private readonly plainNames: readonly string[];
  private readonly first: string;

  /**
   * @param name the name without prefix and port
   * @param origins those that browsers use, as browsers write them; a request without one gets the first one's cookie
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
    return port === BARE_PORT ? name : `${name}-${port || '80'}`;
  }

  /** The value in a Cookie header. `__Host-NAME` counts alone where it is there; with HTTPS origins only, no other does. */
  read(header: string | undefined): string | undefined {
    if (header === undefined) return undefined;
    const cookies = parseCookie(header);
    const names = cookies[this.hostName] === undefined ? this.plainNames : [this.hostName];
    return names.map((name) => cookies[name]).find((value) => value !== undefined);
  }

  /**
   * Hands a value to the browser.
   * @param maxAge how long the browser keeps it, in seconds
   */
  set(request: Request, response: Response, value: string, maxAge: number): void {
    const name = this.byOrigin.get(request.headers.origin ?? '') ?? this.first;
    this.append(response, name, value, maxAge);
    // A browser that takes http://localhost for secure sends the other one too, which would count alone.
    if (name !== this.hostName && this.brings(request, this.hostName))
      this.append(response, this.hostName, '', 0);
  }

  /** Takes back what the request brings. */
  clear(request: Request, response: Response): void {
    for (const name of [this.hostName, ...this.plainNames])
      if (this.brings(request, name)) this.append(response, name, '', 0);
  }

  private brings({ headers }: Request, name: string): boolean {
    return headers.cookie !== undefined && parseCookie(headers.cookie)[name] !== undefined;
  }

  private append(response: Response, name: string, value: string, maxAge: number): void {
    const rules = { httpOnly: true, sameSite: 'strict', path: '/', secure: name === this.hostName } as const;
    response.append('Set-Cookie', stringifySetCookie({ name, value, maxAge, ...rules }));
  }
}
