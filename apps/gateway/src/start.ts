import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { busLogin, busServer, createLogger, NestLogger, prepareDataFolder, Telemetry } from '@app/platform';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { isHttpsOnly, type GatewaySettings } from './settings/config.js';
import { AddressLimits } from './edge/limits/address-limits.js';
import { clientFiles } from './edge/client-files/client-files.js';
import { setTimeouts } from './edge/server/timeouts.js';
import { EdgeAdapter } from './edge/server/edge-adapter.js';
import { http1Rules } from './edge/server/http1-rules.js';
import { listen } from './edge/server/listen.js';
import { scheduleReads } from './edge/server/read-scheduler.js';
import { queueRequests } from './edge/server/request-queue.js';
import { requestLog } from './edge/http/pipeline/request-log.js';
import { securityHeaders } from './edge/http/pipeline/security-headers.js';
import { ConnectionLimits } from './edge/sockets/engine/connection-limits.js';
import { SocketIoAdapter } from './edge/sockets/engine/socket-io-adapter.js';

/** How many connections an address may have at least, beside its WebSockets. */
const CONNECTIONS_PER_ADDRESS = 1_000;

/**
 * Starts the gateway and binds its port.
 * @throws {SettingError} when the data folder or the port cannot be used
 */
export async function startGateway(
  settings: GatewaySettings,
): Promise<{ app: INestApplication; logger: Logger; supervised: boolean }> {
  prepareDataFolder(settings.DATA_DIR);
  const logger = createLogger('gateway', settings.LOG_LEVEL);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with(settings, logger),
    new EdgeAdapter(connectionsPerAddress(settings), settings.TRUST_PROXY),
    {
      logger: new NestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  const protect = securityHeaders(isHttpsOnly(settings));
  const headers: typeof protect = (request, response, next) =>
    protect(request, response, (error) =>
      error === undefined ? http1Rules(request, response, next) : next(error),
    );
  app.use(requestLog(logger, app.get(Telemetry)), headers, clientFiles(settings.CLIENT_DIR));
  app.useWebSocketAdapter(new SocketIoAdapter(app, headers, app.get(ConnectionLimits)));
  app.connectMicroservice(busServer('gateway', busLogin(settings), logger), { inheritAppConfig: false });
  await app.startAllMicroservices();
  await app.init();
  const server = app.getHttpServer();
  const addresses = app.get(AddressLimits);
  queueRequests(server, (request) => addresses.address(request));
  scheduleReads(server);
  setTimeouts(server);
  const closeDoor = await listen(server, settings.HOST, settings.PORT);
  server.once('close', closeDoor);
  return { app, logger, supervised: settings.SUPERVISED !== '' };
}

/** How many connections of one address may be open beside its WebSockets: enough where each of those is polled for. */
function connectionsPerAddress({ SOCKETS_PER_ADDRESS: sockets }: GatewaySettings): number {
  return sockets === 0 ? Infinity : Math.max(CONNECTIONS_PER_ADDRESS, sockets);
}
