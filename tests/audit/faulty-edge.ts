import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of the API with its answer. */
export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly answer: Readonly<Record<string, unknown>>;
  /** The headers of the answer. Changes here change the answer. */
  readonly headers: Map<string, string | string[]>;
}

/** The behaviour of a faulty gateway. */
export interface Fault {
  /** Returns an answer that replaces the gateway's, or undefined. */
  instead?(method: string, path: string): Record<string, unknown> | undefined;
  /** Called before the request to the gateway. */
  before?(method: string, path: string): void;
  /** Called before the answer to the client. */
  after?(call: SeenCall): void | Promise<void>;
}

/** An HTTP proxy in front of the gateway that behaves like a faulty gateway. */
export class FaultyEdge {
  fault: Fault = {};
  private server: Server | undefined;

  constructor(private readonly gateway: () => string) {}

  /** The port on which it listens. */
  get port(): number {
    const address = this.server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('the edge does not listen');
    return address.port;
  }

  /** Starts to listen. */
  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      this.pass(request, response).catch(() => response.destroy());
    }).listen(0, 'localhost');
    await once(this.server, 'listening');
  }

  /** Stops and closes all connections. */
  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const instead = this.fault.instead?.(method, path);
    if (instead) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(instead));
      return;
    }
    this.fault.before?.(method, path);
    const { cookie, 'content-type': type } = request.headers;
    const answer = await fetch(this.gateway() + path, {
      method,
      headers: { ...(cookie && { cookie }), ...(type && { 'content-type': type }) },
      ...(body.length > 0 && { body }),
    });
    const content = Buffer.from(await answer.arrayBuffer());
    const headers = new Map<string, string | string[]>(answer.headers);
    for (const name of [
      'content-encoding',
      'content-length',
      'transfer-encoding',
      'connection',
      'keep-alive',
    ])
      headers.delete(name);
    const cookies = answer.headers.getSetCookie();
    if (cookies.length > 0) headers.set('set-cookie', cookies);
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    await this.fault.after?.({
      method,
      path,
      body: parsed(body),
      status: answer.status,
      answer: isJson ? parsed(content) : {},
      headers,
    });
    for (const [name, value] of headers) response.setHeader(name, value);
    response.writeHead(answer.status).end(content);
  }
}

function parsed(bytes: Buffer): Record<string, unknown> {
  return bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Record<string, unknown>);
}
