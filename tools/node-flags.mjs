// How Node runs a service: small while it starts, for what the start itself leaves behind would stay in memory.

/**
 * The flags of a service's process. Its code is optimized once it has started (`runService`). The gateway, which every
 * message passes, has room for a burst of short-lived objects; the others are kept small. The images start by the same
 * flags.
 * @param {string} service
 */
export const nodeFlags = (service) => [
  '--no-opt',
  ...(service === 'gateway' ? ['--max-semi-space-size=32'] : ['--optimize-for-size']),
];
