import Database from 'better-sqlite3';

/**
 * Keeps every statement that a test's process prepares until the process ends. On Node 24 it aborts otherwise, when one
 * is garbage-collected outside a JavaScript context (`RemoveEnvironmentCleanupHook`, "Assertion failed: (env) !=
 * nullptr"): tests open databases for a moment and let them go. The product keeps its own, see the platform's sqlite.ts.
 */
const kept: unknown[] = [];

const prototype: Database.Database = Database.prototype;
const prepare = Reflect.get(prototype, 'prepare') as (sql: string) => Database.Statement;

Object.assign(prototype, {
  prepare(this: Database.Database, sql: string): Database.Statement {
    const statement = prepare.call(this, sql);
    kept.push(this, statement);
    return statement;
  },
  // The driver's own prepares by another way.
  pragma(this: Database.Database, source: string, options: Database.PragmaOptions = {}): unknown {
    const statement = this.prepare(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run();
    return options.simple === true ? statement.pluck().get() : statement.all();
  },
});
