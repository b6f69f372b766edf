import type { ModuleDescription } from '../../api/index.ts'
import { labels } from './texts.ts'

/** How far gapless numbers have come: one record, which whoever takes a number holds until the number stands. */
export const contractNumbering: ModuleDescription = {
  name: 'contractNumbering',
  pluralName: 'contractNumberings',
  labels: labels('Numbering of contracts', '合同编号规则'),
  pluralLabels: labels('Numberings of contracts', '合同编号规则'),
  nameField: 'name',
  fields: [
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, maxLength: 100, unique: true },
    { name: 'year', type: 'INTEGER', labels: labels('Year', '年份'), readOnly: true },
    { name: 'last', type: 'INTEGER', labels: labels('Last number', '最后编号'), readOnly: true },
    { name: 'holder', type: 'TEXT', labels: labels('Taken by', '占用者'), readOnly: true, maxLength: 100 },
  ],
}
