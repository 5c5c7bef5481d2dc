// A process of its own that copies one database: killed at once when an erasure waits for the read transaction that
// VACUUM INTO holds, which nothing else can end.
import Database from 'better-sqlite3';

const [source = '', target = ''] = process.argv.slice(2);
const database = new Database(source, { fileMustExist: true, timeout: 5_000 });
const copy = database.prepare('VACUUM INTO ?');
copy.run(target);
const applied = database.prepare('SELECT name FROM migrations ORDER BY timestamp');
console.log(JSON.stringify(applied.pluck().all()));
database.close();
