import { GraphQLBoolean, GraphQLFloat, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql'
import { type OutputMember, objectType, part } from '../members.ts'
import type { SchemaResolvers } from '../options.ts'
import { DecimalScalar } from '../scalars/index.ts'

/** Value objects that fields answer with. Members are nullable where a stored value may lack them. */
export function createValueTypes(resolvers: SchemaResolvers) {
  const value = (name: string, description: string, members: readonly OutputMember[]) =>
    objectType(name, description, { kind: 'parts' }, () => members, resolvers)
  const text = (name: string, description: string) => part(name, GraphQLString, description)
  const demandedText = (name: string, description: string) => part(name, new GraphQLNonNull(GraphQLString), description)
  const names = (name: string, description: string) => part(name, new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))), description)
  const flag = (name: string, description: string) => part(name, new GraphQLNonNull(GraphQLBoolean), description)

  return {
    money: value('Money', 'An amount in a currency.', [part('amount', DecimalScalar, 'The amount.'), text('currency', 'ISO 4217 code.')]),
    phone: value('Phone', 'A phone number.', [text('raw', 'As it was typed.'), text('e164', 'International form, null where it could not be understood.')]),
    address: value('Address', 'A postal address.', [
      text('street', 'Street and house number, with line breaks.'),
      text('city', 'City.'),
      text('state', 'State, province or region.'),
      text('postcode', 'Postcode.'),
      text('country', 'Country.'),
    ]),
    geoPoint: value('GeoPoint', 'A place on earth (WGS 84).', [
      part('latitude', GraphQLFloat, 'Degrees north of the equator, -90 to 90.'),
      part('longitude', GraphQLFloat, 'Degrees east of Greenwich, -180 to 180.'),
    ]),
    externalId: value('ExternalId', 'The name of a record in another system.', [
      demandedText('system', 'The other system.'),
      demandedText('key', "The record's key there."),
    ]),
    viewerAccess: value('ViewerAccess', 'What the caller may do with a record.', [
      names('actions', 'Actions that the caller may take on this record, e.g. `UPDATE`.'),
      names('writableFields', 'Fields that the caller may write.'),
      names('maskedFields', 'Fields that the caller sees only in part.'),
      names('hiddenFields', 'Fields that the caller sees on some records, but not on this one.'),
    ]),
    pageInfo: value('PageInfo', 'Where a page stands in its list.', [
      flag('hasNextPage', 'More follow the last one of this page.'),
      flag('hasPreviousPage', 'Some stand before the first one of this page.'),
      text('startCursor', 'Cursor of the first one, null on an empty page.'),
      text('endCursor', 'Cursor of the last one, null on an empty page.'),
    ]),
  }
}
