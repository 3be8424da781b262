/** A value that Go could not put into the field it stands for; the message is Go's. */
export class TypeMismatch extends Error {}
