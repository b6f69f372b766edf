import { LongTextField, Module, ReferenceField, TextField, UserField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** A node of the team tree that the scopes TEAM and TEAM_TREE follow. Its members are the users whose `team` it is. */
@Module({ number: 2, name: 'team', pluralName: 'teams', table: 'teams', label: text('Team', '团队'), pluralLabel: text('Teams', '团队'), nameField: 'name' })
export class Team extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true, indexed: true })
  name!: string

  @LongTextField('Description', '描述')
  description!: string | null

  @ReferenceField('Parent team', '上级团队', { to: 'team', inverse: ['children', 'Sub-teams', '下级团队'], acyclic: true, onDelete: 'restrict' })
  parent!: string | null

  @UserField('Leader', '团队主管')
  leader!: string | null
}
