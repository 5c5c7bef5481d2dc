import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { busLogin, busServer, createLogger, NestLogger, prepareDataFolder, Telemetry } from '@app/platform';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { isHttps, type GatewaySettings } from './config.js';
import { clientFiles } from './http/client-files.js';
import { listen } from './http/listen.js';
import { requestLog } from './http/request-log.js';
import { securityHeaders } from './http/security-headers.js';
import { turnstile } from './http/turnstile.js';
import { ConnectionLimits } from './realtime/connection-limits.js';
import { SocketIoAdapter } from './realtime/socket-io-adapter.js';

/** How long a request's headers and body may take to arrive, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Starts the gateway and binds its port.
 * @throws {SettingError} when the data folder or the port cannot be used
 */
export async function startGateway(
  settings: GatewaySettings,
): Promise<{ app: INestApplication; logger: Logger; supervised: boolean }> {
  prepareDataFolder(settings.DATA_DIR);
  const logger = createLogger('gateway', settings.LOG_LEVEL);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings, logger), {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  const headers = securityHeaders(isHttps(settings));
  app.use(turnstile(), requestLog(logger, app.get(Telemetry)), headers, clientFiles(settings.CLIENT_DIR));
  app.useWebSocketAdapter(new SocketIoAdapter(app, headers, app.get(ConnectionLimits)));
  app.connectMicroservice(busServer('gateway', busLogin(settings), logger), { inheritAppConfig: false });
  await app.startAllMicroservices();
  await app.init();
  const server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const closeDoor = await listen(server, settings.HOST, settings.PORT);
  server.once('close', closeDoor);
  return { app, logger, supervised: settings.SUPERVISED !== '' };
}
