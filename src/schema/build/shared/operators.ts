import { GraphQLBoolean, GraphQLID, type GraphQLInputObjectType, type GraphQLInputType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql'
import { LIST_OPERATORS, OPERATORS, type OperatorFamily, YES_OR_NO_OPERATORS } from '../../../records/read/operators.ts'
import type { CompareOperator } from '../../../records/read/request.ts'
import { type InputMember, inputMember, inputPart, inputType } from '../members.ts'
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars/index.ts'

const HELP: Readonly<Record<CompareOperator, string>> = {
  eq: 'Equal.',
  ne: 'Not equal, or empty.',
  in: 'One of these; an empty list matches nothing.',
  notIn: 'None of these, or empty.',
  contains: 'Contains this text; case and width are ignored.',
  startsWith: 'Begins with this text; case and width are ignored.',
  endsWith: 'Ends with this text; case and width are ignored.',
  gt: 'Greater than.',
  gte: 'Greater than or equal.',
  lt: 'Less than.',
  lte: 'Less than or equal.',
  isNull: 'true: empty. false: not empty.',
  hasAny: 'Has at least one of these.',
  hasAll: 'Has all of these.',
  hasNone: 'Has none of these.',
  isEmpty: 'true: holds nothing. false: holds something.',
}

/**
 * Operator inputs, one per family of values. All members are nullable, so that `null` where a value belongs reaches the
 * planner, which answers VALIDATION_FAILED with the path.
 */
export function createOperatorInputs(): Readonly<Record<OperatorFamily, GraphQLInputObjectType>> {
  const text = family('StringFilter', 'a text', GraphQLString, OPERATORS.String)
  return {
    ID: family('IDFilter', 'an id', GraphQLID, OPERATORS.ID),
    String: text,
    Int: family('IntFilter', 'a whole number', GraphQLInt, OPERATORS.Int),
    Decimal: family('DecimalFilter', 'a decimal number', DecimalScalar, OPERATORS.Decimal),
    Boolean: family('BooleanFilter', 'a yes or no', GraphQLBoolean, OPERATORS.Boolean),
    Date: family('DateFilter', 'a day', DateScalar, OPERATORS.Date),
    DateTime: family('DateTimeFilter', 'an instant', DateTimeScalar, OPERATORS.DateTime),
    StringList: family('StringListFilter', 'a list of texts', GraphQLString, OPERATORS.StringList),
    Money: inputType('MoneyFilter', "Conditions on an amount, counted in the organisation's currency, and on its currency; all must hold.", () => [
      ...OPERATORS.Money.map((operator) => operatorMember(operator, DecimalScalar)),
      inputPart('currency', text, 'Conditions on the currency that the amount was given in.'),
    ]),
  }
}

function family(name: string, of: string, type: GraphQLInputType, operators: readonly CompareOperator[]): GraphQLInputObjectType {
  return inputType(name, `Conditions on ${of}; all must hold.`, () => operators.map((operator) => operatorMember(operator, type)))
}

function operatorMember(operator: CompareOperator, value: GraphQLInputType): InputMember {
  const type = YES_OR_NO_OPERATORS.has(operator) ? GraphQLBoolean : LIST_OPERATORS.has(operator) ? new GraphQLList(new GraphQLNonNull(value)) : value
  return inputMember(operator, type, HELP[operator], { kind: 'operator', operator })
}
