/** An e-mail address as the sign-in compares it: as PostgreSQL's lower() does for the addresses that are stored; NUL and halves of characters cannot be sent to it at all. */
export function signInName(email: string): string {
  const name = email.trim().toLowerCase().replaceAll('\0', '').slice(0, 320)
  return Buffer.from(name).toString()
}
