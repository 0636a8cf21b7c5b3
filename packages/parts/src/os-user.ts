/** An account that a part runs as instead of root. */
export type OsUser = { readonly name: string; readonly uid: number; readonly gid: number };
