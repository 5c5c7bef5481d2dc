import { execFile, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@app/testing';

const ROOT = resolve(import.meta.dirname, '../..');
const MINUTE = 60_000;

/** What `docker inspect` says of a container, as far as it matters here. */
interface Inspected {
  readonly Id: string;
  readonly RestartCount: number;
  readonly Config: { readonly User: string };
  readonly HostConfig: Readonly<Record<string, unknown>> & {
    readonly Memory: number;
    readonly PidsLimit: number;
    readonly PortBindings: Readonly<Record<string, unknown>> | null;
  };
  readonly Mounts: readonly { readonly Destination: string; readonly Name?: string; readonly RW: boolean }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

/**
 * Whether a container engine answers; without one the tests that need it are left out, and say so.
 * @throws when there is none with CI=true: there, left out is not passed
 */
export function engineAnswers(): boolean {
  const { status } = spawnSync('docker', ['version'], { stdio: 'ignore', timeout: MINUTE / 2 });
  if (status === 0) return true;
  const message = 'no container engine answers: the container tests are left out';
  if (process.env['CI'] === 'true') throw new Error(message);
  console.warn(message);
  return false;
}

/** The product in containers, under a project name of its own. */
export class ComposeProject {
  readonly name = `secure-chat-test-${process.pid}`;
  readonly url: string;

  /** @param settings the environment that compose reads; PORT must be there */
  constructor(readonly settings: Readonly<Record<string, string>> & { readonly PORT: string }) {
    this.url = `http://127.0.0.1:${settings.PORT}`;
  }

  /** The origin that browsers use. */
  get origin(): string {
    return this.settings['PUBLIC_ORIGIN'] ?? this.url;
  }

  /** Runs docker and gives its output. */
  docker(...args: string[]): Promise<string> {
    return this.execute('docker', args);
  }

  /** Runs a shell command in which `docker compose` means this project, and gives its output. */
  shell(command: string): Promise<string> {
    return this.execute('sh', ['-c', command]);
  }

  /** Runs docker compose for this project. */
  compose(...args: string[]): Promise<string> {
    return this.docker('compose', '-p', this.name, ...args);
  }

  /** The same project, brought up otherwise. */
  with(settings: Readonly<Record<string, string>>): ComposeProject {
    return new ComposeProject({ ...this.settings, ...settings });
  }

  /**
   * Starts and waits until all services say that they are well.
   * @param build whether images are built anew, or are those that were built before
   */
  async up(build: '--build' | '--no-build'): Promise<void> {
    await this.compose('up', build, '--detach', '--wait', '--quiet-pull');
    await this.ready();
  }

  /** The id of a service's container, running or not. */
  async container(service: string): Promise<string> {
    return (await this.compose('ps', '--all', '--quiet', service)).trim();
  }

  /** What the engine knows of a service's container. */
  async inspect(service: string): Promise<Inspected> {
    return this.inspectContainer(await this.container(service));
  }

  /** What the engine knows of a container. */
  async inspectContainer(container: string): Promise<Inspected> {
    const [found] = JSON.parse(await this.docker('inspect', container)) as Inspected[];
    if (!found) throw new Error(`there is no container ${container}`);
    return found;
  }

  /** What a JavaScript expression run in a service's container prints. */
  run(service: string, script: string): Promise<string> {
    return this.compose('exec', '-T', service, 'node', '-e', script);
  }

  /** Waits until the gateway and all that it needs are ready. */
  async ready(): Promise<void> {
    await eventually(
      async () => (await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok,
      'the product is ready',
      MINUTE,
    );
  }

  /**
   * Has a service's process die as by a fault. `docker kill` would not do: what a person has killed is not started
   * again. The process is out of reach from within its container, so another one beside all of them does it.
   */
  async die(service: string): Promise<void> {
    const pid = (await this.docker('inspect', '-f', '{{.State.Pid}}', await this.container(service))).trim();
    const [image, script] = [`${this.name}-auth`, `process.kill(${pid}, 'SIGKILL')`];
    await this.docker(
      'run',
      '--rm',
      '--pid=host',
      '--network=none',
      '--user=1000',
      image,
      'node',
      '-e',
      script,
    );
  }

  private async execute(program: string, args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...this.settings, COMPOSE_PROJECT_NAME: this.name },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Takes all of it down: containers, volumes, networks and the images that were built. */
  async down(): Promise<void> {
    const everything = ['--volumes', '--rmi', 'local', '--remove-orphans', '--timeout', '5'];
    await this.compose('--profile', '*', 'down', ...everything);
  }
}
