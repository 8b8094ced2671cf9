/** True when two types are the same, each way. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for true. */
export type Expect<T extends true> = T;
