import type { Routes } from '@angular/router';
import { PAGE_TITLES } from '../core/wording/common-words';
import { ChatsPage } from './chats-page';

/**
 * The pages of a signed-in user. `list`: on a phone, the chat list is the page. `conversation`: the page shows the
 * state of the connection itself.
 */
export const shellRoutes: Routes = [
  { path: 'chats', title: PAGE_TITLES.chats, component: ChatsPage, data: { list: true } },
  { path: 'join', title: PAGE_TITLES.join, component: ChatsPage, data: { list: true, joining: true } },
  {
    path: 'chats/:chatId',
    title: PAGE_TITLES.chat,
    data: { conversation: true },
    loadComponent: async () => (await import('../features/conversation/conversation-page')).ConversationPage,
  },
  {
    path: 'chats/:chatId/stored',
    title: PAGE_TITLES.stored,
    loadComponent: async () => (await import('../features/stored/stored-page')).StoredPage,
  },
  {
    path: 'account',
    title: PAGE_TITLES.account,
    loadComponent: async () => (await import('../features/account/account-page')).AccountPage,
  },
];
