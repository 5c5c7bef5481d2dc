// What reads whole histories, apart from `index.ts`: a browser loads it when somebody searches or exports.
export { ChatSearch, type SearchHit, type SearchSnapshot } from './chat-search.js';
export { LongWork } from './long-work.js';
export { patiently } from './patient-call.js';
export { TextSearch, type TextRange } from './text-search.js';
