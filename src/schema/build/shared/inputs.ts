import { GraphQLFloat, GraphQLID, GraphQLInt, GraphQLNonNull, GraphQLString } from 'graphql'
import { inputMember, inputPart, inputType } from '../members.ts'
import { DecimalScalar } from '../scalars/index.ts'
import type { createEnums } from './enums.ts'

/** Value objects that inputs take. */
export function createValueInputs(enums: ReturnType<typeof createEnums>) {
  const text = (name: string, description: string) => inputPart(name, GraphQLString, description)
  const demandedText = (name: string, description: string) => inputPart(name, new GraphQLNonNull(GraphQLString), description)

  return {
    money: inputType('MoneyInput', 'An amount in a currency.', () => [
      inputPart('amount', new GraphQLNonNull(DecimalScalar), 'The amount.'),
      demandedText('currency', 'ISO 4217 code.'),
    ]),
    address: inputType('AddressInput', 'A postal address; it replaces the stored one as a whole.', () => [
      text('street', 'Street and house number, with line breaks.'),
      text('city', 'City.'),
      text('state', 'State, province or region.'),
      text('postcode', 'Postcode.'),
      text('country', 'Country.'),
    ]),
    geoPoint: inputType('GeoPointInput', 'A place on earth (WGS 84).', () => [
      inputPart('latitude', new GraphQLNonNull(GraphQLFloat), 'Degrees north of the equator, -90 to 90.'),
      inputPart('longitude', new GraphQLNonNull(GraphQLFloat), 'Degrees east of Greenwich, -180 to 180.'),
    ]),
    externalId: inputType('ExternalIdInput', 'The name of a record in another system.', () => [
      demandedText('system', 'The other system.'),
      demandedText('key', "The record's key there."),
    ]),
    /** For polymorphic references. */
    recordRef: inputType(
      'RecordRef',
      'A record of any module.',
      () => [
        inputMember('id', GraphQLID, 'Its id.', { kind: 'id' }),
        inputMember('ref', GraphQLString, 'The `ref` of a create earlier in this operation.', { kind: 'ref' }),
      ],
      { oneOf: true },
    ),
    aggregateKeyOrder: inputType('AggregateKeyOrder', 'Order groups by one of their keys.', () => [
      { ...inputPart('index', new GraphQLNonNull(GraphQLInt), 'Position of the key in `groupBy`, from 0.'), defaultValue: 0 },
      { ...inputPart('direction', new GraphQLNonNull(enums.sortDirection), 'Direction.'), defaultValue: 'ASC' },
    ]),
  }
}
