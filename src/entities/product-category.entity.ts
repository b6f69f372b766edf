import { LongTextField, Module, ReferenceField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** A node of the product tree. */
@Module({
  number: 12,
  name: 'productCategory',
  pluralName: 'productCategories',
  table: 'product_categories',
  label: text('Product category', '产品类别'),
  pluralLabel: text('Product categories', '产品类别'),
  nameField: 'name',
})
export class ProductCategory extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true })
  name!: string

  @LongTextField('Description', '描述')
  description!: string | null

  @ReferenceField('Parent category', '上级类别', { to: 'productCategory', inverse: ['children', 'Sub-categories', '下级类别'], acyclic: true })
  parent!: string | null
}
