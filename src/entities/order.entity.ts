import { AddressField, AutoNumberField, DateTimeField, LongTextField, Module, MoneyField, ReferenceField, SelectField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'
import type { MoneyColumns } from './value-columns.ts'

const STATUSES = options(
  ['draft', 'Draft', '草稿', 'grey'],
  ['confirmed', 'Confirmed', '已确认', 'blue'],
  ['shipped', 'Shipped', '已发货', 'teal'],
  ['completed', 'Completed', '已完成', 'green'],
  ['cancelled', 'Cancelled', '已取消', 'red'],
)

/** A sale with its lines. `total` is always the sum of the lines' totals; freight stands apart. */
@Module({
  number: 14,
  name: 'order',
  pluralName: 'orders',
  table: 'orders',
  label: text('Order', '订单'),
  pluralLabel: text('Orders', '订单'),
  nameField: 'number',
})
export class Order extends RecordEntity {
  @AutoNumberField('Number', '订单号', { numbering: { prefix: 'SO-', padding: 6 }, createOnly: true, searchable: true })
  number!: string

  @ReferenceField('Account', '客户', { to: 'account', inverse: ['orders', 'Orders', '订单'], onDelete: 'restrict', required: true })
  account!: string

  @ReferenceField('Contact', '联系人', { to: 'contact', inverse: ['orders', 'Orders', '订单'] })
  contact!: string | null

  @ReferenceField('Opportunity', '商机', { to: 'opportunity', inverse: ['orders', 'Orders', '订单'] })
  opportunity!: string | null

  @SelectField('Status', '状态', { options: STATUSES, required: true, default: 'draft', indexed: true })
  status!: string

  @DateTimeField('Ordered at', '下单时间', { indexed: true })
  orderedAt!: Date | null

  @DateTimeField('Required at', '要求到货时间')
  requiredAt!: Date | null

  @DateTimeField('Shipped at', '发货时间')
  shippedAt!: Date | null

  @TextField('Carrier', '承运商')
  carrier!: string | null

  @TextField('Ship to name', '收货人')
  shipName!: string | null

  @AddressField('Ship to', '收货地址')
  shipTo!: Record<string, string> | null

  @MoneyField('Freight', '运费', { min: '0' })
  freight!: MoneyColumns

  /** ISO 4217 currency that all lines have. */
  @TextField('Currency', '币种', { maxLength: 3 })
  currency!: string | null

  /** Sum of the lines' totals, kept by the write pipeline. */
  @MoneyField('Total', '总额', { readOnly: true, maintained: true, indexed: true })
  total!: MoneyColumns

  @LongTextField('Notes', '备注')
  notes!: string | null
}
