/** The Flux release that this command line stands in for, without the leading `v`. */
export const fluxVersion = '2.9.0';
