import { BooleanField, IntegerField, LongTextField, Module, MoneyField, ReferenceField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'
import type { MoneyColumns } from './value-columns.ts'

/** Something that is sold. */
@Module({
  number: 13,
  name: 'product',
  pluralName: 'products',
  table: 'products',
  label: text('Product', '产品'),
  pluralLabel: text('Products', '产品'),
  nameField: 'name',
})
export class Product extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true, indexed: true })
  name!: string

  @TextField('SKU', '货号', { unique: true, searchable: true, maxLength: 64 })
  sku!: string | null

  @ReferenceField('Category', '类别', { to: 'productCategory', inverse: ['products', 'Products', '产品'] })
  category!: string | null

  @ReferenceField('Supplier', '供应商', { to: 'account', inverse: ['suppliedProducts', 'Supplied products', '供应的产品'] })
  supplier!: string | null

  /** What one piece is, e.g. `24 - 12 oz bottles`. */
  @TextField('Unit', '单位')
  unit!: string | null

  @MoneyField('Price', '价格', { min: '0' })
  price!: MoneyColumns

  @MoneyField('Cost', '成本', { sensitivity: 'finance', min: '0' })
  cost!: MoneyColumns

  @BooleanField('Active', '在售', { required: true, default: true })
  active!: boolean

  @IntegerField('In stock', '库存')
  stock!: number | null

  @IntegerField('On order', '在途数量', { min: '0' })
  onOrder!: number | null

  @IntegerField('Reorder level', '补货点', { min: '0' })
  reorderLevel!: number | null

  @LongTextField('Description', '描述')
  description!: string | null
}
