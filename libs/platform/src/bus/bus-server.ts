import type { Msg } from '@nats-io/transport-node';
import { mayReply } from '@app/contracts/bus';
import { ServerNats, type CustomStrategy } from '@nestjs/microservices';
import type { Logger } from 'pino';
import type { BusLogin } from '../config/service-settings.js';
import { withRequestId } from '../logging/request-context.js';
import { connectionOptions, REQUEST_ID_HEADER } from './bus-options.js';
import { ReplySerializer, RequestDeserializer } from './codec.js';

/**
 * Nest's NATS server, which handles each message under the request id in its header, and none whose reply subject is no
 * inbox for its subject.
 */
class BusServer extends ServerNats {
  constructor(
    options: ConstructorParameters<typeof ServerNats>[0],
    private readonly log: Logger,
  ) {
    super(options);
  }

  /** Answers a message; one without a request id gets a new one. */
  override async handleMessage(channel: string, message: Msg): Promise<void> {
    if (message.reply && !mayReply(channel, message.reply)) {
      this.log.warn(
        { subject: channel, reply: message.reply },
        'the reply subject is no inbox for this subject',
      );
      return;
    }
    return withRequestId(
      async () => {
        const began = performance.now();
        await super.handleMessage(channel, message);
        this.log.debug({ subject: channel, ms: Math.round(performance.now() - began) }, 'answered');
      },
      message.headers?.get(REQUEST_ID_HEADER) ?? '',
    );
  }
}

/**
 * Returns the server that answers a service's requests on the bus.
 * @param service the service's name
 * @param login servers and credentials
 * @param logger the service's log
 */
export function busServer(service: string, login: BusLogin, logger: Logger): CustomStrategy {
  const options = {
    ...connectionOptions(service, login),
    servers: [...login.servers],
    name: `${service} (answers)`,
    deserializer: new RequestDeserializer(),
    serializer: new ReplySerializer(),
    gracefulShutdown: true,
    gracePeriod: 300,
  };
  return { strategy: new BusServer(options, logger) };
}
