import type { FieldMetadata, LocalizedText, ReferenceMetadata } from '../../entities/metadata.ts'

const label = (en: string, zh: string): LocalizedText => ({ en, 'zh-CN': zh })

/** The system keeps these itself; deleting the user they name changes nothing. */
const STAMPS: readonly FieldMetadata[] = [
  { name: 'id', type: 'TEXT', label: label('Id', 'ID'), column: 'id', required: true, readOnly: true },
  { name: 'version', type: 'INTEGER', label: label('Version', '版本'), column: 'version', required: true, readOnly: true },
  { name: 'createdAt', type: 'DATETIME', label: label('Created at', '创建时间'), column: 'created_at', required: true, readOnly: true, indexed: true },
  {
    name: 'createdBy',
    type: 'USER',
    label: label('Created by', '创建人'),
    column: 'created_by',
    readOnly: true,
    reference: { module: 'user', onDelete: 'restrict' },
  },
  { name: 'updatedAt', type: 'DATETIME', label: label('Updated at', '更新时间'), column: 'updated_at', required: true, readOnly: true },
  {
    name: 'updatedBy',
    type: 'USER',
    label: label('Updated by', '更新人'),
    column: 'updated_by',
    readOnly: true,
    reference: { module: 'user', onDelete: 'restrict' },
  },
  { name: 'deletedAt', type: 'DATETIME', label: label('Deleted at', '删除时间'), column: 'deleted_at', readOnly: true },
]

function fieldsWith(inverse: Pick<ReferenceMetadata, 'inverseName' | 'inverseLabel'>): readonly FieldMetadata[] {
  return Object.freeze([
    ...STAMPS,
    { name: 'owner', type: 'USER', label: label('Owner', '负责人'), column: 'owner_id', indexed: true, reference: { module: 'user', onDelete: 'restrict' } },
    { name: 'team', type: 'REFERENCE', label: label('Team', '团队'), column: 'team_id', reference: { module: 'team', onDelete: 'restrict', ...inverse } },
    { name: 'tags', type: 'MULTI_SELECT', label: label('Tags', '标签'), column: 'tags' },
    { name: 'source', type: 'TEXT', label: label('Source', '来源'), column: 'source' },
  ])
}

/** System fields that whoever may create or update a record may also set. */
export const WRITABLE_SYSTEM_FIELDS: ReadonlySet<string> = new Set(['owner', 'team', 'tags', 'source'])

const ORDINARY = fieldsWith({})
const OF_USERS = fieldsWith({ inverseName: 'members', inverseLabel: label('Members', '成员') })

/**
 * Fields that every module has, in display order. On users, `team` is the home team, and a team lists its `members`.
 * Their `onDelete` is never carried out: a deleted user or team stays named as owner, team, creator and last editor.
 */
export function systemFields(module: string): readonly FieldMetadata[] {
  return module === 'user' ? OF_USERS : ORDINARY
}
