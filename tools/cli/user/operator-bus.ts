import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  connect,
  NoRespondersError,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node';
import { inboxPrefix, type Reply, type RequestInput, type Subject } from '@app/contracts/bus';
import { connectionOptions } from '../../../libs/platform/src/bus/bus-options.js';
import { busLogin, SERVICE_SETTINGS } from '../../../libs/platform/src/config/service-settings.js';
import { readSettings, SettingError } from '../../../libs/platform/src/config/settings.js';
import { Unfit } from '../../project.mjs';
import { dataFolder, setting } from '../settings.js';

/** Deleting scrubs a file, which takes the longest. */
const REPLY_LIMIT_MS = 10_000;

/** The user of the bus that `operator.>` is reserved for. */
const OPERATOR = 'operator';

const { NATS_URL, NATS_CREDS_FILE, NATS_CA_FILE } = SERVICE_SETTINGS;

type OperatorSubject = Extract<Subject, `${typeof OPERATOR}.${string}`>;

/** The bus of an installation, by the operator's own user. */
export class OperatorBus {
  private constructor(private readonly connection: NatsConnection) {}

  /** @throws {Unfit} when there is no installation, or it does not run */
  static async connect(): Promise<OperatorBus> {
    const options = operatorOptions();
    try {
      return new OperatorBus(await connect(options));
    } catch (error) {
      throw new Unfit(`Secure Chat does not run, or with other credentials: ${messageOf(error)}`);
    }
  }

  /**
   * Sends auth a request.
   * @throws {Unfit} when auth refuses it or does not answer
   */
  async request<S extends OperatorSubject>(subject: S, request: RequestInput<S>): Promise<Reply<S>> {
    let reply: { data?: Reply<S>; error?: { message: string } };
    try {
      const message = await this.connection.request(subject, JSON.stringify(request), {
        timeout: REPLY_LIMIT_MS,
      });
      reply = message.json();
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const absent = error instanceof NoRespondersError || cause instanceof NoRespondersError;
      throw new Unfit(
        absent ? 'the auth service does not run' : `the auth service does not answer: ${messageOf(error)}`,
      );
    }
    if (reply.error) throw new Unfit(reply.error.message);
    // auth checks what it sends by the schema of this type.
    return reply.data as Reply<S>;
  }

  /** Ends the connection. */
  close(): Promise<void> {
    return this.connection.close();
  }
}

/**
 * Returns where the bus is and the operator's credentials for it. With NATS_URL the whole installation uses the
 * credentials of that server; in a container the operator's seed lies beside the service's.
 * @throws {Unfit} when there is no installation, or a setting cannot be used
 */
function operatorOptions(): ConnectionOptions {
  const url = setting('NATS_URL');
  const given = setting('NATS_CREDS_FILE');
  const folder = join(dataFolder(), 'nats');
  const config = join(folder, 'nats.conf');
  const own = given === '' ? join(folder, 'operator.nk') : join(dirname(given), 'operator.nk');
  if (url === '' && !(existsSync(config) && existsSync(own)))
    throw new Unfit('there is no installation here, or it was not started since its upgrade: check DATA_DIR');
  try {
    const login = readSettings(
      { NATS_URL, NATS_CREDS_FILE, NATS_CA_FILE },
      {
        NATS_URL: url === '' ? localUrl(config) : url,
        NATS_CREDS_FILE: existsSync(own) ? own : given,
        NATS_CA_FILE: setting('NATS_CA_FILE'),
      },
    );
    return {
      ...connectionOptions(OPERATOR, busLogin(login)),
      inboxPrefix: inboxPrefix(OPERATOR, `${OPERATOR}.>`),
      waitOnFirstConnect: false,
      reconnect: false,
    };
  } catch (error) {
    throw error instanceof SettingError ? new Unfit(error.message) : error;
  }
}

/** The server that `npm start` runs by a configuration. */
function localUrl(config: string): string {
  const [, port = '4222'] = /^port: (\d+)/m.exec(readFileSync(config, 'utf8')) ?? [];
  return `nats://127.0.0.1:${port}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');
