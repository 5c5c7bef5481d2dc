import { Agent, get } from 'node:http';

/** Reads answers over one connection and discards their bytes, so that its own garbage collection affects no measurement. */
export class LeanReader {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly url: string,
    private readonly cookie: string,
  ) {}

  /**
   * Reads one answer to its end.
   * @param path below /api/v1
   * @throws {Error} for anything but 200
   */
  read(path: string): Promise<void> {
    return new Promise((done, failed) => {
      get(
        `${this.url}/api/v1${path}`,
        { agent: this.agent, headers: { cookie: this.cookie } },
        (response) => {
          response.on('error', failed);
          response.on('end', () =>
            response.statusCode === 200 ? done() : failed(new Error(`GET ${path}: ${response.statusCode}`)),
          );
          response.resume();
        },
      ).on('error', failed);
    });
  }

  /** Closes the connection. */
  close(): void {
    this.agent.destroy();
  }
}
