/**
 * What a plugin tells people: one text for everybody, or one for each language that the API speaks. The host chooses by the language of the request, so that a plugin need not know it.
 */
export type PluginText = string | { readonly en: string; readonly 'zh-CN'?: string }
