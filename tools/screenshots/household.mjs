// People and chats for pictures, made through the product's own API.
import { randomUUID } from 'node:crypto';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('@playwright/test').BrowserContext} BrowserContext */
/** @typedef {{ readonly chat: { readonly id: string }, readonly key: string }} MadeChat */

/**
 * What the scenes are about: Alice's browser, Bob's beside it, one of somebody signed out, and the chats.
 * @typedef {{
 *   page: Page, bob: Page, visitor: Page,
 *   chats: { weekend: MadeChat, alone: MadeChat, quiet: MadeChat, doomed: MadeChat },
 *   say: (who: Page, chatId: string, text: string) => Promise<{ id: string, seq: number }>,
 *   leave: () => Promise<void>,
 * }} Household
 */

const PASSWORD = 'correct horse battery staple';

/**
 * Calls the API as the one whose browser it is.
 * @param {Page} page @param {string} method @param {string} path @param {object} [data]
 * @returns {Promise<any>} the body
 */
async function call(page, method, path, data) {
  const answer = await page.request.fetch(`/api/v1${path}`, { method, ...(data && { data }) });
  if (!answer.ok()) throw new Error(`${method} ${path} gave ${answer.status()}`);
  return answer.status() === 204 ? undefined : answer.json();
}

/** @param {Page} who @param {string} chatId @param {string} text */
async function say(who, chatId, text) {
  const { message } = await call(who, 'POST', `/chats/${chatId}/messages`, {
    clientMessageId: randomUUID(),
    text,
  });
  return message;
}

/** A conversation with everything a message can be. @param {Page} alice @param {Page} bob @param {string} id */
async function talk(alice, bob, id) {
  for (const [who, text] of /** @type {const} */ ([
    [bob, 'Morning! Did the tickets come through?'],
    [alice, 'They did 🎉 Two seats by the window, carriage 7.'],
    [alice, 'The timetable is at https://example.org/trains?from=north if you want to look.'],
    [bob, 'Perfect.'],
    [
      bob,
      'I booked the small room above the bakery. The wallpaper is terrible and the breakfast is said to be very, very good.',
    ],
    [alice, 'Terrible wallpaper is the best wallpaper.'],
    [bob, 'What is the code for the door again?'],
  ]))
    await say(who, id, text);
  const slip = await say(alice, id, 'It is the year backwards, then the');
  await call(alice, 'DELETE', `/chats/${id}/messages/${slip.id}`);
  await say(
    alice,
    id,
    'I deleted that one. I will tell you on the phone:\n\n1. never in writing\n2. not even here',
  );
  await say(bob, id, 'Ha. Fair enough. See you on platform 4 at 9:40?');
}

/**
 * Signs people up and fills their chats. One household at a time: its people's names are taken until it leaves.
 * @param {import('@playwright/test').Browser} browser
 * @param {import('@playwright/test').BrowserContextOptions} options of every browser window
 * @returns {Promise<Household>}
 */
export async function furnish(browser, options) {
  /** @type {BrowserContext[]} */
  const contexts = [];
  const open = async () => {
    const context = await browser.newContext(options);
    contexts.push(context);
    return context.newPage();
  };
  /** @param {string} name */
  const person = async (name) => {
    const page = await open();
    await call(page, 'POST', '/auth/register', { username: name, password: PASSWORD });
    return page;
  };
  const [alice, bob, carol, visitor] = [
    await person('Alice'),
    await person('Bob'),
    await person('Carol'),
    await open(),
  ];
  /** @param {Page} maker @param {string | null} name @param {Page} [other] @returns {Promise<MadeChat>} */
  const chat = async (maker, name, other) => {
    const made = await call(maker, 'POST', '/chats', { name });
    if (other) await call(other, 'POST', '/chats/join', { key: made.key });
    return made;
  };

  const doomed = await chat(alice, 'Surprise party', bob);
  for (const text of ['Nobody tells her anything.', 'My lips are sealed.'])
    await say(bob, doomed.chat.id, text);
  const alone = await chat(alice, 'Book club of two');
  const quiet = await chat(alice, 'Flat 12', carol);
  const carols = await chat(alice, null, carol);
  await say(carol, carols.chat.id, 'The spare key is with the neighbour, top bell.');
  await say(carol, carols.chat.id, 'And the cat has eaten already, whatever she tells you.');
  const garden = await chat(alice, 'Garden', carol);
  await say(alice, garden.chat.id, 'Tomatoes are in. Now we wait until August.');
  await say(carol, garden.chat.id, 'مرحبا، كيف حال الطماطم؟');
  await call(alice, 'POST', `/chats/${garden.chat.id}/read`, { seq: 2 });
  const weekend = await chat(alice, 'Weekend plans', bob);
  await talk(alice, bob, weekend.chat.id);
  await call(alice, 'POST', `/chats/${weekend.chat.id}/read`, { seq: 7 });
  await call(bob, 'POST', `/chats/${weekend.chat.id}/read`, { seq: 10 });
  // Bob is there, so that his side is told and shown.
  await bob.goto(`/chats/${weekend.chat.id}`);
  await bob.getByText('Connected').waitFor({ state: 'attached' });

  return {
    page: alice,
    bob,
    visitor,
    chats: { weekend, alone, quiet, doomed },
    say,
    // The next household has the same names.
    leave: async () => {
      for (const context of contexts) {
        await context.setOffline(false);
        await context.request.delete('/api/v1/auth/account', { data: { password: PASSWORD } });
        await context.close();
      }
    },
  };
}
