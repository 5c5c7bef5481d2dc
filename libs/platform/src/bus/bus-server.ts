import type { Msg } from '@nats-io/transport-node';
import { mayReply } from '@app/contracts/bus';
import { ServerNats, type CustomStrategy } from '@nestjs/microservices';
import type { Logger } from 'pino';
import type { BusLogin } from '../config/service-settings.js';
import { inRequest } from '../logging/request-context.js';
import { connectionOptions, REQUEST_ID_HEADER } from './bus-options.js';
import { ReplySerializer, RequestDeserializer } from './codec.js';

/**
 * Nest's NATS server, that works on each message under the request id it came with, and on none whose answer would go
 * where no answer belongs.
 */
class BusServer extends ServerNats {
  constructor(
    options: ConstructorParameters<typeof ServerNats>[0],
    private readonly log: Logger,
  ) {
    super(options);
  }

  /** Answers a message; a caller that says no id is given one. */
  override async handleMessage(channel: string, message: Msg): Promise<void> {
    if (message.reply && !mayReply(channel, message.reply)) {
      this.log.warn(
        { subject: channel, reply: message.reply },
        'the reply subject is no inbox for this subject',
      );
      return;
    }
    return inRequest(
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
 * What answers for a service on the bus.
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
