import type { Routes } from '@angular/router';
import { ChatsPage } from './chats-page';

/** The pages of somebody who is signed in. `list` says that the chats are the page, on a phone. */
export const shellRoutes: Routes = [
  { path: 'chats', title: 'Chats', component: ChatsPage, data: { list: true } },
  { path: 'join', title: 'Join a chat', component: ChatsPage, data: { list: true, joining: true } },
  {
    path: 'chats/:chatId',
    title: 'Chat',
    loadComponent: async () => (await import('../features/conversation/conversation-page')).ConversationPage,
  },
  {
    path: 'chats/:chatId/stored',
    title: 'What the server stores',
    loadComponent: async () => (await import('../features/stored/stored-page')).StoredPage,
  },
  {
    path: 'account',
    title: 'Account settings',
    loadComponent: async () => (await import('../features/account/account-page')).AccountPage,
  },
];
