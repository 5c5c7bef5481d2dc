import { Drafts, type DraftStorage } from './drafts';

function aStorage(): DraftStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

describe('drafts', () => {
  it('are found again by another page of the same browser', () => {
    const storage = aStorage();
    new Drafts(storage).write('me', 'chat', 'half a thought');

    expect(new Drafts(storage).read('me', 'chat')).toBe('half a thought');
    expect(new Drafts(storage).read('somebody else', 'chat')).toBe('');
  });

  it('leave nothing behind when they are emptied', () => {
    const storage = aStorage();
    const drafts = new Drafts(storage);
    drafts.write('me', 'chat', 'x');

    drafts.write('me', 'chat', '');

    expect(storage.kept.size).toBe(0);
    expect(drafts.read('me', 'chat')).toBe('');
  });

  it('of chats that are gone are forgotten, of that user alone', () => {
    const storage = aStorage();
    storage.kept.set('of another program', 'stays');
    const drafts = new Drafts(storage);
    drafts.write('me', 'here', 'a');
    drafts.write('me', 'gone', 'b');
    drafts.write('you', 'gone', 'c');

    drafts.keepOnly('me', new Set(['here']));

    expect([drafts.read('me', 'here'), drafts.read('me', 'gone'), drafts.read('you', 'gone')]).toEqual([
      'a',
      '',
      'c',
    ]);
    drafts.clear('me');
    drafts.clear('you');
    expect([...storage.kept.keys()]).toEqual(['of another program']);
  });

  it('are kept in memory where the browser refuses to store', () => {
    const refusing = {
      ...aStorage(),
      getItem: () => null,
      setItem: () => {
        throw new Error('full');
      },
    };
    const drafts = new Drafts(refusing);

    drafts.write('me', 'chat', 'kept all the same');

    expect(drafts.read('me', 'chat')).toBe('kept all the same');
    expect(new Drafts(null).read('me', 'chat')).toBe('');
  });

  it('are one in all tabs: what another tab wrote or sent is read at once', () => {
    const storage = aStorage();
    const [here, there] = [new Drafts(storage), new Drafts(storage)];
    let told = 0;
    const end = here.watch('me', 'chat', () => told++);
    here.write('me', 'chat', 'half');

    there.write('me', 'chat', 'half a thought');
    here.changed('secure-chat.draft.me.chat');
    here.changed('secure-chat.draft.me.other');
    expect([told, here.read('me', 'chat')]).toEqual([1, 'half a thought']);
    there.write('me', 'chat', '');
    here.changed('secure-chat.draft.me.chat');
    expect([told, here.read('me', 'chat'), here.count('me')]).toEqual([2, '', 0]);
    end();
    here.changed(null);

    expect(told).toBe(2);
  });
});
