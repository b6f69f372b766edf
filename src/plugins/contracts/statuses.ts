import type { TransitionRule } from '../api/index.ts'

/** Steps that nobody takes but the plugin by itself, and administrators who take contracts over from elsewhere. */
const NOBODY: readonly string[] = []

/** Steps of contracts and amendments; the rules say what must hold then. */
export const transitions: Readonly<Record<string, readonly TransitionRule[]>> = {
  'contract.status': [
    { from: null, to: 'draft' },
    ...['signed', 'active', 'expired', 'terminated'].map((to) => ({ from: null, to, roles: NOBODY })),
    { from: 'draft', to: 'in_approval', requires: ['amount', 'startsAt'] },
    { from: 'in_approval', to: 'draft' },
    { from: 'in_approval', to: 'signed' },
    { from: 'signed', to: 'active' },
    { from: 'signed', to: 'terminated', requires: ['terminationReason'] },
    { from: 'active', to: 'terminated', requires: ['terminationReason'] },
    { from: 'active', to: 'expired', roles: NOBODY },
    // By an amendment that moves the end.
    { from: 'expired', to: 'active', roles: NOBODY },
  ],
  'contractAmendment.status': [
    { from: null, to: 'draft' },
    { from: null, to: 'in_force', roles: NOBODY },
    { from: 'draft', to: 'in_approval' },
    { from: 'in_approval', to: 'draft' },
    { from: 'in_approval', to: 'signed' },
    { from: 'signed', to: 'in_force', roles: NOBODY },
  ],
}

/** Contracts that bind somebody now. */
export const LIVE: readonly unknown[] = ['signed', 'active']

/** Contracts that have been signed, whatever has become of them. */
export const BOUND: readonly unknown[] = ['signed', 'active', 'expired', 'terminated']
