// What each service may say and hear on the bus, and no more. The server refuses the rest.

/** The services, each with a NATS user of its own. */
export const SERVICES = /** @type {const} */ (['auth', 'chat', 'gateway']);

/** All NATS users: those of the services, and the one by which `npm run user` asks auth. */
export const USERS = /** @type {const} */ ([...SERVICES, 'operator']);

/** @typedef {typeof USERS[number]} User */

/** Tells the audit's own user in the configuration; one that is there before an audit begins was left over. */
export const TAP_MARK = '# user of the audit, for one run';

/** A server's configuration without the audit's user. @param {string} config */
export const withoutTap = (config) =>
  config
    .split('\n')
    .filter((line) => !line.includes(TAP_MARK))
    .join('\n');

/**
 * Subjects by user. Answers need no permission of their own: `allow_responses` lets a service answer what it was
 * asked, and nothing else. A container's health check asks its service under the service's own user.
 * @type {Readonly<Record<User, { publish: readonly string[], subscribe: readonly string[] }>>}
 */
export const PERMISSIONS = {
  auth: {
    publish: ['event.user.deleted', 'event.session.ended', 'auth.health'],
    subscribe: ['auth.>', 'operator.>', '_INBOX_auth.>'],
  },
  chat: {
    publish: [
      'event.chat.created',
      'event.chat.member.joined',
      'event.chat.member.left',
      'event.chat.updated',
      'event.chat.deleted',
      'chat.health',
    ],
    subscribe: ['chat.>', 'event.user.deleted', '_INBOX_chat.>'],
  },
  gateway: {
    publish: ['auth.>', 'chat.>'],
    subscribe: ['event.>', '_INBOX_gateway.>'],
  },
  operator: {
    publish: ['operator.>'],
    subscribe: ['_INBOX_operator.>'],
  },
};

/**
 * The server's configuration: users by public key only, in an account of their own apart from the system's; no
 * JetStream, so nothing is stored; no monitoring port, unless one on the server's own loopback is asked for. With `tls`
 * nobody is let in without it.
 * @param {{ host: string, port: number, publicKeys: Readonly<Record<User, string>>, monitorPort?: number, tls?: { certificate: string, key: string } }} options `tls` names the files as the server sees them
 * @returns {string}
 */
export function serverConfig({ host, port, publicKeys, monitorPort, tls }) {
  const users = USERS.map(
    (name) =>
      `      { nkey: ${publicKeys[name]}, permissions: { publish: ${JSON.stringify(PERMISSIONS[name].publish)}, subscribe: ${JSON.stringify(PERMISSIONS[name].subscribe)}, allow_responses: { max: 1, expires: "30s" } } }`,
  );
  return `# Made for this installation; renewed by npm run nats:rotate.
host: "${host}"
port: ${port}
server_name: "secure-chat"
max_payload: 1048576
${monitorPort === undefined ? '' : `http: "127.0.0.1:${monitorPort}"\n`}${tls === undefined ? '' : `tls { cert_file: ${JSON.stringify(tls.certificate)}, key_file: ${JSON.stringify(tls.key)} }\n`}system_account: SYS
accounts {
  SYS { users: [] }
  APP {
    users: [
${users.join('\n')}
    ]
  }
}
`;
}
