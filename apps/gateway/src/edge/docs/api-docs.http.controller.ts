import { Controller, Get, Header } from '@nestjs/common';
import { ERROR_CODES } from '@app/contracts/edge';
import { Rules } from '../request/route-rules.js';
import { asyncApiDocument } from './asyncapi.js';
import { openApiDocument } from './openapi.js';
import { OPERATIONS } from './operations.js';

const openApi = JSON.stringify(openApiDocument());
const asyncApi = JSON.stringify(asyncApiDocument());

/** Serves the API documents. */
@Controller('api')
export class ApiDocsHttpController {
  /** Returns the OpenAPI 3.1 document. */
  @Get('openapi.json')
  @Rules({ open: true })
  @Header('Content-Type', 'application/json')
  openApi(): string {
    return openApi;
  }

  /** Returns the AsyncAPI 3 document. */
  @Get('asyncapi.json')
  @Rules({ open: true })
  @Header('Content-Type', 'application/json')
  asyncApi(): string {
    return asyncApi;
  }

  /** Returns a page with every call and error code, without scripts. */
  @Get('docs')
  @Rules({ open: true })
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }
}

const calls = Object.entries(OPERATIONS)
  .map(
    ([name, { summary, codes }]) =>
      `<tr><td><code>${name}</code></td><td>${summary}</td><td>${codes.join(', ')}</td></tr>`,
  )
  .join('\n');

const codes = Object.entries(ERROR_CODES)
  .map(([code, { status, title }]) => {
    const anchor = code.toLowerCase().replaceAll('_', '-');
    return `<tr id="${anchor}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`;
  })
  .join('\n');

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Secure Chat API</title></head><body>
<h1>Secure Chat API</h1>
<p>Machine-readable: <a href="/api/openapi.json">OpenAPI 3.1</a> for HTTP, <a href="/api/asyncapi.json">AsyncAPI 3</a> for
Socket.IO and for the NATS subjects of the services.</p>
<h2>Calls</h2><table><thead><tr><th>Call</th><th>Description</th><th>Specific error codes</th></tr></thead><tbody>
${calls}
</tbody></table>
<h2>Error codes</h2><table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>
${codes}
</tbody></table></body></html>
`;
