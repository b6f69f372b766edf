import { IntegerField, Module, PercentField, ReferenceField, SelectField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

/** A step of a pipeline. `category` says what an opportunity in it is: still open, won or lost. */
@Module({
  number: 8,
  name: 'stage',
  pluralName: 'stages',
  table: 'stages',
  label: text('Stage', '阶段'),
  pluralLabel: text('Stages', '阶段'),
  nameField: 'name',
})
export class Stage extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true })
  name!: string

  @ReferenceField('Pipeline', '销售管道', { to: 'pipeline', inverse: ['stages', 'Stages', '阶段'], onDelete: 'cascade', required: true, createOnly: true })
  pipeline!: string

  /** Order within the pipeline, from 0. */
  @IntegerField('Position', '顺序', { required: true, default: 0, min: '0' })
  position!: number

  /** Chance of winning that an opportunity takes over when it enters the stage. */
  @PercentField('Probability', '成交概率', { min: '0', max: '1' })
  probability!: string | null

  @SelectField('Category', '类别', {
    options: options(['open', 'Open', '进行中', 'blue'], ['won', 'Won', '赢单', 'green'], ['lost', 'Lost', '输单', 'red']),
    required: true,
    default: 'open',
  })
  category!: string
}
