import type { Routes } from '@angular/router';
import { signedInOnly, signedOutOnly } from './core/session/session-guards';

/** Every address of the client. What a first page does not need is loaded when it is. */
export const routes: Routes = [
  { path: '', pathMatch: 'full', redirectTo: 'chats' },
  {
    path: 'sign-up',
    title: 'Sign up',
    data: { how: 'sign-up' },
    canActivate: [signedOutOnly],
    loadComponent: async () => (await import('./features/sign-in/sign-in-page')).SignInPage,
  },
  {
    path: 'log-in',
    title: 'Log in',
    data: { how: 'log-in' },
    canActivate: [signedOutOnly],
    loadComponent: async () => (await import('./features/sign-in/sign-in-page')).SignInPage,
  },
  {
    path: 'reset',
    title: 'Set a new password',
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
    title: 'Not found',
    loadComponent: async () => (await import('./shell/not-found-page')).NotFoundPage,
  },
];
