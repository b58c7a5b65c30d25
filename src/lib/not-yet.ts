/** What was told depends on something that is not known yet: it is to be told again later. */
export class NotYet extends Error {}
