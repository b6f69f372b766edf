import { DateField, DecimalField, Module, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** What one unit of a currency is worth in the organisation's currency, from a day on. */
@Module({
  number: 22,
  name: 'exchangeRate',
  pluralName: 'exchangeRates',
  table: 'exchange_rates',
  label: text('Exchange rate', '汇率'),
  pluralLabel: text('Exchange rates', '汇率'),
  nameField: 'currency',
})
export class ExchangeRate extends RecordEntity {
  /** ISO 4217. */
  @TextField('Currency', '币种', { required: true, createOnly: true, maxLength: 3 })
  currency!: string

  @DecimalField('Rate', '汇率', { required: true, min: '0.0000000001', scale: 10 })
  rate!: string

  @DateField('Valid from', '生效日期', { required: true })
  validFrom!: string
}
