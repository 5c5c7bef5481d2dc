import 'reflect-metadata';
import { runService } from '@app/platform';
import { chatSettings } from './config.js';
import { startChat } from './start.js';

await runService('chat.db', () => startChat(chatSettings()));
