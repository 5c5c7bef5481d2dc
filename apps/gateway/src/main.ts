import 'reflect-metadata';
import { runService } from '@app/platform';
import { gatewaySettings } from './settings/config.js';
import { startGateway } from './start.js';

await runService('gateway.db', () => startGateway(gatewaySettings()));
