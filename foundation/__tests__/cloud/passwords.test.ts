import { generatePassword, hashPassword, verifyPassword } from '../../src/cloud/credentials';

test('a generated password is a valid argument of a command without quoting, never an option', () => {
  const passwords = Array.from({ length: 2_000 }, generatePassword);
  expect(passwords.filter((password) => !/^[0-9a-f]{48}$/.test(password))).toEqual([]);
});

test('a hash verifies its password and no other', async () => {
  const hash = await hashPassword('right');
  await expect(verifyPassword('right', hash)).resolves.toBe(true);
  await expect(verifyPassword('wrong', hash)).resolves.toBe(false);
});
