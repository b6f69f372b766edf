import { Module, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** A word that records of all modules can carry (`tags`). */
@Module({ number: 21, name: 'tag', pluralName: 'tags', table: 'tags', label: text('Tag', '标签'), pluralLabel: text('Tags', '标签'), nameField: 'name' })
export class Tag extends RecordEntity {
  @TextField('Name', '名称', { required: true, unique: true, searchable: true, maxLength: 100 })
  name!: string

  /** `#rrggbb`. */
  @TextField('Color', '颜色', { maxLength: 7 })
  color!: string | null
}
