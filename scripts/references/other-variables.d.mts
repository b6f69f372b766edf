export declare const OTHER_VARIABLES: readonly { readonly name: string; readonly used: string; readonly meaning: string }[]
