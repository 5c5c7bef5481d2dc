// What each user may publish and hear on the bus, and no more. The server refuses the rest.

/** The services, each with a NATS user of its own. */
export const SERVICES = /** @type {const} */ (['auth', 'chat', 'gateway']);

/** All NATS users: those of the services, the one by which `npm run user` asks auth, and that of containers' health checks. */
export const USERS = /** @type {const} */ ([...SERVICES, 'operator', 'health']);

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
 * Subjects by user. Nobody hears what it publishes, so nobody can ask itself. An answer goes to an inbox of the user that
 * asks and the family (the first token) of the subject that is asked, `_INBOX_USER.FAMILY.>`: only those who answer that
 * family may publish there, so no reply subject lets anybody publish what they may not. NATS's own `allow_responses`
 * would: it lets a service publish to whatever reply subject it is given.
 * @type {Readonly<Record<User, { publish: readonly string[], subscribe: readonly string[] }>>}
 */
export const PERMISSIONS = {
  auth: {
    publish: [
      'event.user.deleted',
      'event.session.ended',
      '_INBOX_gateway.auth.>',
      '_INBOX_operator.operator.>',
      '_INBOX_health.health.>',
    ],
    subscribe: ['auth.>', 'operator.>', 'health.auth', '_INBOX_auth.event.>'],
  },
  chat: {
    publish: [
      'event.chat.created',
      'event.chat.member.joined',
      'event.chat.member.left',
      'event.chat.updated',
      'event.chat.deleted',
      '_INBOX_gateway.chat.>',
      '_INBOX_auth.event.>',
      '_INBOX_health.health.>',
    ],
    subscribe: ['chat.>', 'event.user.deleted', 'health.chat', '_INBOX_chat.event.>'],
  },
  gateway: {
    publish: ['auth.>', 'chat.>', '_INBOX_auth.event.>', '_INBOX_chat.event.>'],
    subscribe: ['event.>', '_INBOX_gateway.auth.>', '_INBOX_gateway.chat.>'],
  },
  operator: {
    publish: ['operator.>'],
    subscribe: ['_INBOX_operator.operator.>'],
  },
  health: {
    publish: ['health.auth', 'health.chat'],
    subscribe: ['_INBOX_health.health.>'],
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
      `      { nkey: ${publicKeys[name]}, permissions: { publish: ${JSON.stringify(PERMISSIONS[name].publish)}, subscribe: ${JSON.stringify(PERMISSIONS[name].subscribe)} } }`,
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
