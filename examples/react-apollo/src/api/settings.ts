declare const __GUANXI_URL__: string

export const API_URL = `${__GUANXI_URL__}/graphql`
