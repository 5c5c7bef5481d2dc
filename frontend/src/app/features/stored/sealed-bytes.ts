import type { StoredChat } from '@app/contracts/edge';
import { STORED_WORDS } from './words';

/** A part of a stored message: its name and its bytes in hexadecimal. */
export interface BytePart {
  readonly name: 'version' | 'nonce' | 'sealed' | 'tag';
  readonly label: string;
  readonly bytes: number;
  readonly hex: string;
}

/** The parts of a stored message, in their order on the disk. */
export function byteParts(stored: StoredChat['messages'][number]): readonly BytePart[] {
  const version = stored.version.toString(16).padStart(2, '0');
  return [
    { name: 'version', label: STORED_WORDS.partNames.version, bytes: 1, hex: version },
    part('nonce', stored.nonce),
    part('sealed', stored.sealed),
    part('tag', stored.tag),
  ];
}

function part(name: BytePart['name'], base64: string): BytePart {
  const binary = atob(base64);
  const hex = Array.from(binary, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return { name, label: STORED_WORDS.partNames[name], bytes: binary.length, hex };
}
