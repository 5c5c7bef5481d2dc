// The flags of the services' processes. docs/architecture.md ("Memory") says what each gives.

/**
 * Returns the flags of a service's process. V8 optimizes its code only when it has started (libs/platform/src/v8.ts). The
 * gateway has a large young generation for bursts of messages; the other services have a small one. The images start
 * with the same flags.
 * @param {string} service
 */
export const nodeFlags = (service) => [
  '--no-opt',
  ...(service === 'gateway' ? ['--max-semi-space-size=32'] : ['--optimize-for-size']),
];
