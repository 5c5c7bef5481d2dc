import Database from 'better-sqlite3';

/**
 * Keeps every prepared statement until the test process ends. Otherwise Node 24 aborts when it collects a statement outside
 * a JavaScript context (`RemoveEnvironmentCleanupHook`, "Assertion failed: (env) != nullptr"), as happens with databases
 * that tests open briefly. The product keeps its statements in the platform's sqlite.ts.
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
  // The driver's own `pragma` bypasses `prepare`.
  pragma(this: Database.Database, source: string, options: Database.PragmaOptions = {}): unknown {
    const statement = this.prepare(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run();
    return options.simple === true ? statement.pluck().get() : statement.all();
  },
});
