import { AnyPassword, AnyUsername, NewPassword, Username } from '@app/contracts/bus';
import { z } from 'zod';

/** Body of POST /auth/register. */
export const RegisterBody = z
  .strictObject({ username: Username, password: NewPassword })
  .meta({ id: 'RegisterBody' });

/** Body of POST /auth/login. */
export const LoginBody = z
  .strictObject({ username: AnyUsername, password: AnyPassword })
  .meta({ id: 'LoginBody' });

/** Body of PUT /auth/password. */
export const PasswordBody = z
  .strictObject({ currentPassword: AnyPassword, newPassword: NewPassword })
  .meta({ id: 'PasswordBody' });

/** Body of POST /auth/reset: the token of a link that the operator had made. */
export const ResetBody = z
  .strictObject({
    token: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/, 'is not the token of a link: check that the whole link was copied')
      .meta({ minLength: 43, maxLength: 43, examples: ['ZXhhbXBsZS10b2tlbi1vZi1hLXJlc2V0LWxpbmstMDE'] }),
    newPassword: NewPassword,
  })
  .meta({ id: 'ResetBody' });

/** Body of DELETE /auth/account. */
export const AccountBody = z.strictObject({ password: AnyPassword }).meta({ id: 'AccountBody' });

/** Body of calls that take none: absent, or an object without properties. */
export const NoBody = z.strictObject({}).optional();
