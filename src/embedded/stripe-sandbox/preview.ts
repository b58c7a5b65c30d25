/** Thrown when all is computed: the answer is given, and everything that was done for it is undone. */
export class Preview extends Error {
  readonly shown: object;

  constructor(shown: object) {
    super('preview');
    this.shown = shown;
  }
}
