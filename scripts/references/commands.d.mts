import type { Command } from 'commander'

export declare function commandsOfProgram(): Promise<readonly { readonly usage: string; readonly words: readonly string[]; readonly command: Command }[]>
export declare function commandReference(): Promise<string>
