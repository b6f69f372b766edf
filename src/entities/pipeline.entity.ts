import { BooleanField, IntegerField, LongTextField, Module, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** A way that opportunities take, stage by stage. */
@Module({
  number: 7,
  name: 'pipeline',
  pluralName: 'pipelines',
  table: 'pipelines',
  label: text('Pipeline', '销售管道'),
  pluralLabel: text('Pipelines', '销售管道'),
  nameField: 'name',
})
export class Pipeline extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true })
  name!: string

  @LongTextField('Description', '描述')
  description!: string | null

  /** Display order, from 0. */
  @IntegerField('Position', '顺序', { required: true, default: 0, min: '0' })
  position!: number

  @BooleanField('Active', '启用', { required: true, default: true })
  active!: boolean
}
