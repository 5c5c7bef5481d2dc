import { expect, PASSWORD, test, uniqueName } from '../pages/people.js';

test('a new password is judged in words as it is typed, and a weak one is not forbidden', async ({
  visitor,
}) => {
  const { page, signIn } = await visitor();
  const blocked: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) blocked.push(message.text());
  });
  await page.goto('/sign-up');
  const name = uniqueName('ann');

  await signIn.username.fill(name);
  await signIn.password.fill(PASSWORD);
  await expect(page.getByText(/^(Very strong|Strong)\.$/)).toBeVisible();
  await signIn.password.fill(`${name}1`);
  await expect(page.getByText(/easy to guess/i)).toBeVisible();
  await page.getByRole('button', { name: 'Sign up' }).click();

  await expect(page).toHaveURL('/chats');
  expect(blocked).toEqual([]);
});

test('a reset link that is worth nothing says so, and its token leaves the address at once', async ({
  visitor,
}) => {
  const { page } = await visitor();
  const token = 'x'.repeat(43);

  await page.goto(`/reset#${token}`);
  await expect(page).toHaveURL('/reset');
  await page.getByLabel('New password').fill('short');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByLabel('New password')).toHaveAccessibleDescription(/Use at least 8 characters/);
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();

  await expect(page.getByRole('alert')).toContainText('was already used, has expired');
});
