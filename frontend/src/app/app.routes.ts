import type { Routes } from '@angular/router';
import { PAGE_TITLES } from './core/wording/common-words';
import { signedInOnly, signedOutOnly } from './core/session/session-guards';

/** The routes of the client. Code that the first page does not need is loaded on demand. */
export const routes: Routes = [
  { path: '', pathMatch: 'full', redirectTo: 'chats' },
  {
    path: 'sign-up',
    title: PAGE_TITLES.signUp,
    data: { how: 'sign-up' },
    canActivate: [signedOutOnly],
    loadComponent: async () => (await import('./features/sign-in/sign-in-page')).SignInPage,
  },
  {
    path: 'log-in',
    title: PAGE_TITLES.logIn,
    data: { how: 'log-in' },
    canActivate: [signedOutOnly],
    loadComponent: async () => (await import('./features/sign-in/sign-in-page')).SignInPage,
  },
  {
    path: 'reset',
    title: PAGE_TITLES.reset,
    loadComponent: async () => (await import('./features/reset-password/reset-page')).ResetPage,
  },
  {
    path: '',
    canActivate: [signedInOnly],
    loadComponent: async () => (await import('./shell/shell')).Shell,
    loadChildren: async () => (await import('./shell/shell.routes')).shellRoutes,
  },
  {
    path: '**',
    title: PAGE_TITLES.notFound,
    loadComponent: async () => (await import('./shell/not-found-page')).NotFoundPage,
  },
];
