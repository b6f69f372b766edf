import { dayIn, type GraphQLPart, Refusal } from '../api/index.ts'
import type { Settings } from './settings.ts'
import { createFromTemplate, type FromTemplate } from './work/create-from-template.ts'

type Arguments = Omit<FromTemplate, 'startsOn'> & { readonly startsOn?: string | null }

export const GRAPHQL: GraphQLPart<Settings> = {
  types: `
    extend type Mutation {
      "Makes a project with the milestones and tasks of a template, whose days count from \`startsOn\` (today unless given). What is left out is taken from the opportunity, if there is one."
      createProjectFromTemplate(
        "Id of the template."
        template: ID!
        "Name of the project."
        name: String
        "The day that the days of the template count from; today unless given."
        startsOn: Date
        "Id of the account."
        account: ID
        "Id of the opportunity that the project comes of."
        opportunity: ID
        "Id of the user who owns it."
        owner: ID
      ): Project
    }
  `,
  Mutation: {
    createProjectFromTemplate: async (given, { records, settings, now }) => {
      const { startsOn, ...order } = given as unknown as Arguments
      const id = await records.change(async (changes) => {
        const opportunity = order.opportunity == null ? null : await changes.get('opportunity', order.opportunity, ['name', 'account', 'owner'])
        if (order.opportunity != null && !opportunity)
          throw new Refusal('NOT_FOUND', {
            en: 'There is no opportunity with this id, or you cannot read it.',
            'zh-CN': '不存在此 id 的商机，或您无权读取。',
          })
        return createFromTemplate(changes, {
          ...order,
          name: order.name ?? (opportunity?.['name'] as string | undefined) ?? null,
          account: order.account ?? (opportunity?.['account'] as string | undefined) ?? null,
          startsOn: startsOn ?? dayIn(settings.timeZone, now()),
        })
      })
      return { module: 'project', id }
    },
  },
}
