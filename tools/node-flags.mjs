// How Node runs a service: small while it starts, for what the start itself leaves behind would stay in memory.

/**
 * The flags of a service's process. Once it has started its code is optimized (`runService`), and the gateway, which
 * every message passes, is quick rather than small (`startGateway`) and has room for a burst of short-lived objects.
 * The images start by the same flags.
 * @param {string} service
 */
export const nodeFlags = (service) => [
  '--no-opt',
  '--optimize-for-size',
  `--max-semi-space-size=${service === 'gateway' ? 32 : 2}`,
];
