import { join } from 'node:path';
import type { ServiceName } from '@app/testing';
import Database from 'better-sqlite3';

/** The tables whose rows only their users' wishes remove. */
const TABLES: Readonly<Record<ServiceName, readonly string[]>> = {
  auth: ['users'],
  chat: ['chats', 'members', 'chat_keys'],
  gateway: ['heads', 'messages'],
};

/** Returns how many rows the main tables of a service have. */
export function mainRows(data: string, service: ServiceName): Record<string, unknown> {
  const db = new Database(join(data, `${service}.db`), { fileMustExist: true, readonly: true });
  try {
    return Object.fromEntries(
      TABLES[service].map((table) => [table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]),
    );
  } finally {
    db.close();
  }
}
