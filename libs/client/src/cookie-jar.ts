/**
 * Keeps the cookies of one server for programs: browsers do this themselves, Node does not. It knows just
 * what the session needs: names, values, and that an expired or emptied cookie is gone.
 */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** The `Cookie` header for the next request, or undefined when there is none. */
  header(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /**
   * Takes what an answer sets.
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

  /** Forgets everything. */
  clear(): void {
    this.#cookies.clear();
  }
}

function isInThePast(attribute: string): boolean {
  const [name = '', value = ''] = attribute.trim().split('=');
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
}
