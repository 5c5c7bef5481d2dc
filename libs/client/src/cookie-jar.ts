/**
 * Stores the cookies of one server for programs: browsers do this themselves, Node does not. It implements only what
 * the session needs: names, values, and the removal of an expired or empty cookie.
 */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Returns the `Cookie` header for the next request, or undefined without cookies. */
  header(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /**
   * Stores the cookies of an answer.
   * @param lines the answer's `Set-Cookie` headers
   */
  store(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';');
      const at = pair.indexOf('=');
      if (at < 1) continue;
      const name = pair.slice(0, at).trim();
      const value = pair.slice(at + 1).trim();
      if (value === '' || attributes.some(isInThePast)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  /** Removes all cookies. */
  clear(): void {
    this.#cookies.clear();
  }
}

function isInThePast(attribute: string): boolean {
  const [name = '', value = ''] = attribute.trim().split('=');
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
}
