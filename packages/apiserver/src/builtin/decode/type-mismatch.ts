/** A value that Go could not put into the field it stands for; the message is that of Go's JSON decoder. */
export class TypeMismatch extends Error {
  /** How Kubernetes' converter says it, which reads objects that were parsed before, as after an apply. */
  readonly converted: string;
  /** A whole number that is too large: the converter cuts it off instead. */
  readonly isOverflow: boolean;

  constructor(message: string, converted = message, isOverflow = false) {
    super(message);
    this.name = 'TypeMismatch';
    this.converted = converted;
    this.isOverflow = isOverflow;
  }
}
