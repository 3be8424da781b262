/** Bytes of a file; what is larger was not written by a person. */
export const maxFileBytes = 5 * 1024 * 1024;
/** Levels of a tree. */
export const maxDepth = 200;
/** Values and comments of a tree, those that aliases repeat included. */
export const maxLeaves = 200_000;
/** Entries of all key groups: each may cost a request. */
export const maxKeys = 200;
/** Bytes of an answer of a key service. */
export const maxAnswerBytes = 1024 * 1024;
/** Milliseconds that a key service has to answer. */
export const serviceTimeoutMs = 30_000;
