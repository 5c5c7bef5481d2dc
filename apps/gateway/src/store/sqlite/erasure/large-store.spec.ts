import { join } from 'node:path';
import { Scrubber, sqliteHandle, sqliteOptions, Telemetry, WriteQueue } from '@app/platform';
import { fillMessageStore, LoopWatch, membersOf, nthId, temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { GATEWAY_MIGRATIONS } from '../migrations/migrations.js';
import { AuthorIndex } from './author-index.js';
import { ChatEraser } from './chat-eraser.js';
import { ChatStates } from '../messages/chat-state.js';
import { Compaction } from './compaction.js';
import { MessageRepository } from '../messages/message.repository.js';
import { MessageWriter } from '../messages/message-writer.js';
import { SenderEraser } from './sender-eraser.js';

const LONG = process.env['TEST_LONG'] === '1';
const SIZE = LONG
  ? { chats: 150_000, messages: 1_000_000, everySoMany: 300 }
  : { chats: 3_000, messages: 20_000, everySoMany: 10 };

/** Far above a batch, far below a walk over everything in one go: what a busy machine adds is in it. */
const HOLD_LIMIT_MS = 1_000;
const LIMIT_MS = 1_200_000;

it(
  'no work on a store of many chats holds the event loop for long: index, account, chats, counts',
  async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'gateway.db');
    const source = await new DataSource(
      sqliteOptions(file, { entities: [], migrations: GATEWAY_MIGRATIONS }),
    ).initialize();
    const db = sqliteHandle(source);
    db.exec('PRAGMA synchronous=OFF');
    fillMessageStore(db, SIZE);
    const logger = pino({ level: 'silent' });
    const queue = new WriteQueue(source);
    const rows = new MessageRepository(source);
    const states = new ChatStates(rows);
    const compaction = new Compaction(queue, new Scrubber(queue, file, logger), logger);
    const telemetry = await Telemetry.start('gateway', { host: '', port: 0 });
    const writer = new MessageWriter(queue, rows, states, logger, telemetry);
    const authors = new AuthorIndex(queue, states, logger);
    const senders = new SenderEraser(queue, compaction, writer, states, authors);
    const chats = new ChatEraser(queue, compaction, writer, states, logger);
    const watch = new LoopWatch();
    const victim = nthId('user', 0);
    const count = (sql: string): number => db.prepare(sql).pluck().get() as number;
    const texts = count('SELECT count(*) FROM messages WHERE sealed IS NOT NULL');

    await watch.during('a start that finds nothing to index', () => authors.complete());
    // As an earlier version left it.
    db.exec('UPDATE heads SET live = -1; DELETE FROM marks WHERE ref % 2 = 0');
    await watch.during('the index of authors', () => new AuthorIndex(queue, states, logger).complete());
    await watch.during('an account', () => senders.erase(victim));
    const erased = texts - count('SELECT count(*) FROM messages WHERE sealed IS NOT NULL');
    const ids = Array.from({ length: 500 }, (_, i) => nthId('chat', i * 5 + 1));
    const receipts = await watch.during('500 chats', () => Promise.all(ids.map((id) => chats.erase(id))));
    await watch.during('the space given back', () => compaction.settled());
    await watch.during('a walk for old receipts and the number of erasures', () => chats.pending());

    if (LONG) process.stdout.write(`${watch.toString()}\n`);
    const own = Array.from({ length: SIZE.chats }, (_, n) => n).filter(
      (n) => membersOf(n, SIZE)[0] === victim,
    ).length;
    const each = Math.ceil(SIZE.messages / SIZE.chats);
    expect(erased).toBe(own * Math.ceil(each / 2));
    expect(receipts.every(({ messagesErased }) => messagesErased <= each && messagesErased > 0)).toBe(true);
    for (const { longestMs } of watch.figures.values()) expect(longestMs).toBeLessThan(HOLD_LIMIT_MS);
    await compaction.onModuleDestroy();
    await source.destroy();
    folder.remove();
  },
  LIMIT_MS,
);
