import type { StoredChat } from '@app/contracts/edge';

/** One part of a stored message: what it is, and its bytes in hexadecimal. */
export interface BytePart {
  readonly name: 'version' | 'nonce' | 'sealed' | 'tag';
  readonly label: string;
  readonly bytes: number;
  readonly hex: string;
}

/** The parts of a stored message in the order in which they lie on the disk. */
export function byteParts(stored: StoredChat['messages'][number]): readonly BytePart[] {
  const version = stored.version.toString(16).padStart(2, '0');
  return [
    { name: 'version', label: 'version', bytes: 1, hex: version },
    part('nonce', 'nonce', stored.nonce),
    part('sealed', 'sealed text', stored.sealed),
    part('tag', 'tag', stored.tag),
  ];
}

function part(name: BytePart['name'], label: string, base64: string): BytePart {
  const binary = atob(base64);
  const hex = Array.from(binary, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return { name, label, bytes: binary.length, hex };
}
