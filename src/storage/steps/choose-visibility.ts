import type { FilePurpose, FileVisibility } from '#schemas/storage.ts';
import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';
import { ruleOf } from '../rules.ts';

/** What is asked for, if the purpose allows it; else the purpose's own. */
export function chooseVisibility(asked: {
  purpose: FilePurpose;
  visibility?: FileVisibility | undefined;
}): FileVisibility {
  const { visibilities } = ruleOf(asked.purpose);
  const chosen = asked.visibility ?? visibilities[0];
  if (visibilities.includes(chosen)) return chosen;
  const message = `of a ${asked.purpose} must be ${visibilities.join(' or ')}`;
  throw new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field: 'visibility', message }] });
}
