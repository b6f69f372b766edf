import type { Reader } from './reminder-message.ts'
import { spelledTime } from './spelled-time.ts'

/** A link that is sent to its user. */
export interface AccountLink {
  readonly purpose: 'passwordReset' | 'invitation'
  readonly token: string
  readonly expiresAt: Date
}

/** Pages of the frontend, below its address. */
const PAGES: Readonly<Record<AccountLink['purpose'], string>> = { passwordReset: 'reset-password', invitation: 'accept-invitation' }

const WORDS = {
  en: {
    passwordReset: {
      subject: 'Set a new password',
      before: (address: string) => `Somebody asked for a new password for ${address}. If it was you, set it here:`,
      after: 'If it was not you, nothing has to be done: the password stays as it is.',
    },
    invitation: {
      subject: 'You are invited',
      before: (address: string) => `You are invited to sign in as ${address}. Choose a password here:`,
      after: 'If you did not expect this, nothing has to be done.',
    },
    once: (until: string) => `It works once, until ${until}.`,
  },
  zh: {
    passwordReset: {
      subject: '设置新密码',
      before: (address: string) => `有人请求为 ${address} 设置新密码。如果是您本人，请在此设置：`,
      after: '如果不是您本人，无需任何操作，密码保持不变。',
    },
    invitation: {
      subject: '邀请您加入',
      before: (address: string) => `邀请您以 ${address} 登录。请在此设置密码：`,
      after: '如果这不是您所期待的邮件，无需任何操作。',
    },
    once: (until: string) => `链接仅可使用一次，有效期至 ${until}。`,
  },
} as const

/**
 * What an e-mail with a link says, in the recipient's language and time. Nothing in it was written by whoever asked for it. The token stands behind `#`, which browsers send to no server; without the address of a frontend
 * it stands alone, to be pasted.
 */
export function accountMessage(
  { purpose, token, expiresAt }: AccountLink,
  address: string,
  { locale, timeZone }: Reader,
  appUrl: string | undefined,
): { readonly subject: string; readonly text: string } {
  const words = locale?.toLowerCase().startsWith('zh') ? WORDS.zh : WORDS.en
  const { subject, before, after } = words[purpose]
  const link = appUrl === undefined ? token : `${appUrl.endsWith('/') ? appUrl : `${appUrl}/`}${PAGES[purpose]}#token=${token}`
  const until = spelledTime(expiresAt, locale ?? 'en', timeZone ?? 'UTC')
  return { subject, text: `${[before(address), link, words.once(until), after].join('\n\n')}\n` }
}
