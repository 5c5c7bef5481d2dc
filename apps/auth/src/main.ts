import 'reflect-metadata';
import { runService } from '@app/platform';
import { authSettings } from './config.js';
import { startAuth } from './start.js';

await runService('auth.db', () => startAuth(authSettings()));
