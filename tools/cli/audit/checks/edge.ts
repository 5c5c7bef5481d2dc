import type { Outcome } from '../report.js';

/** Returns the values of each directive of the content security policy. */
function policyOf(headers: Headers): Map<string, string> {
  const policy = headers.get('content-security-policy') ?? '';
  return new Map(
    policy.split(';').map((part) => {
      const [name = '', ...values] = part.trim().split(/\s+/);
      return [name, values.join(' ')];
    }),
  );
}

/**
 * Checks what the edge tells browsers by headers and cookies.
 * @param setCookie the session's Set-Cookie line
 */
export async function headersAndCookies(url: string, setCookie: string): Promise<Outcome> {
  const findings: string[] = [];
  for (const path of ['/', '/api/v1/auth/me']) {
    const { headers } = await fetch(url + path, {
      headers: { accept: '*/*' },
      signal: AbortSignal.timeout(5_000),
    });
    const policy = policyOf(headers);
    const scripts = policy.get('script-src') ?? policy.get('default-src');
    const is = {
      'no content security policy for scripts': scripts === undefined,
      'unsafe scripts': /unsafe-|\*|http:|data:/.test(scripts ?? ''),
      'no frame-ancestors': policy.get('frame-ancestors') !== "'none'",
      'no base-uri': !policy.has('base-uri'),
      'no nosniff': headers.get('x-content-type-options') !== 'nosniff',
      'no Referrer-Policy': !headers.has('referrer-policy'),
      'X-Powered-By': headers.has('x-powered-by'),
      'answers may be cached':
        path.startsWith('/api') && !/no-store/.test(headers.get('cache-control') ?? ''),
      'a page sets a cookie': path === '/' && headers.getSetCookie().length > 0,
    };
    for (const [what, holds] of Object.entries(is)) if (holds) findings.push(`${path}: ${what}`);
  }
  const [nameAndValue = '', ...attributes] = setCookie.split(';').map((part) => part.trim().toLowerCase());
  for (const needed of ['httponly', 'samesite=strict', 'path=/'])
    if (!attributes.includes(needed)) findings.push(`the session's cookie is not ${needed}`);
  if (nameAndValue.startsWith('__host-') && !attributes.includes('secure'))
    findings.push("the session's cookie is not secure");
  return { says: 'headers and cookies are as the contract says', findings };
}
