import { expect, it } from 'vitest';
import type { ComposeProject } from './compose-project.js';

/** How the engine runs a container that has no right it does not need. */
export const WITHOUT_RIGHTS = {
  ReadonlyRootfs: true,
  Privileged: false,
  CapDrop: ['ALL'],
  CapAdd: null,
  SecurityOpt: ['no-new-privileges:true'],
} as const;

/**
 * What the containers must not be able to do, asserted on those that run.
 * @param containers the services' names
 * @param project gives the project once it is up
 */
export function describeHardening(containers: readonly string[], project: () => ComposeProject): void {
  it.each(containers)('runs %s without rights it does not need', async (service) => {
    const { Config, HostConfig, Mounts } = await project().inspect(service);

    expect(Config.User).toBe('1000:1000');
    expect(HostConfig).toMatchObject({
      ...WITHOUT_RIGHTS,
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    });
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(Object.keys(HostConfig.PortBindings ?? {})).toEqual(service === 'gateway' ? ['5000/tcp'] : []);
    const secrets = Mounts.filter(({ Destination }) => /config|credentials/.test(Destination));
    expect(secrets.map(({ RW }) => RW)).toEqual([false]);
  });

  it('gives each service its own volumes and a network that it shares with the bus alone', async () => {
    const services = await Promise.all(['auth', 'chat', 'gateway'].map((name) => project().inspect(name)));
    const volumes = services.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? []));
    const networks = services.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks));
    const internal = await Promise.all(
      networks.map((name) => project().docker('network', 'inspect', '-f', '{{.Internal}}', name)),
    );

    expect(volumes).toHaveLength(7);
    expect(new Set(volumes).size).toBe(volumes.length);
    expect(new Set(networks).size).toBe(networks.length);
    expect(networks.filter((_, index) => internal[index]?.trim() !== 'true')).toEqual([
      `${project().name}_edge`,
    ]);
  });

  it('keeps its secrets out of the environment, and in files that only their service can read', async () => {
    for (const service of ['auth', 'chat', 'gateway']) {
      expect(await project().compose('exec', '-T', service, 'env')).not.toMatch(/\bSU[A-Z2-7]{56}\b/);
      const paths = ['/data', '/credentials', '/credentials/bus.nk'];
      const modes = await project().compose('exec', '-T', service, 'stat', '-c', '%a', ...paths);
      expect(modes.trim().split('\n')).toEqual(['700', '700', '400']);
    }
    const mode = await project().compose('exec', '-T', 'chat', 'stat', '-c', '%a', '/keys/master.key');
    expect(mode.trim()).toBe('600');
  });

  it('lets the services see nothing of the bus but its port', async () => {
    const knock = (at: number): Promise<string> =>
      project().run(
        'chat',
        `require('node:net').connect(${at}, 'nats').on('connect', () => process.exit(0)).on('error', () => process.exit(9))`,
      );

    await knock(4222);
    await expect(knock(8222)).rejects.toMatchObject({ code: 9 });
  });
}
