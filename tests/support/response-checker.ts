import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';

type Answer = { status: number; body: unknown; text: string };
type Operation = { operationId: string; responses: Record<string, { content?: Record<string, { schema: object }> }> };

/** Collects every answer that the OpenAPI document does not declare: its status, its body, its error code. */
export function responseChecker(app: FastifyInstance) {
  const document = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>>; components: object };
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'openapi', components: document.components });
  const patterns = Object.keys(document.paths).map((path) => ({
    path,
    parameters: path.split('{').length - 1,
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }));
  const validators = new Map<string, ValidateFunction>();
  const violations: string[] = [];

  function check(method: string, url: string, answer: Answer): void {
    const path = url.split('?')[0] ?? '';
    const operation = findOperation(method, path);
    if (!operation) return;
    const name = `${operation.operationId} ${answer.status}`;
    const declared = operation.responses[String(answer.status)];
    if (!declared) {
      violations.push(`${name}: status not declared: ${answer.text.slice(0, 200)}`);
      return;
    }
    const schema = declared.content?.['application/json']?.schema;
    if (!schema) return;
    let validate = validators.get(name);
    if (!validate) {
      validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')));
      validators.set(name, validate);
    }
    if (!validate(answer.body)) {
      violations.push(`${name}: ${ajv.errorsText(validate.errors)}: ${answer.text.slice(0, 300)}`);
    }
  }

  // As the router does: what is named goes before what is any.
  function findOperation(method: string, path: string): Operation | undefined {
    const matches = patterns.filter(({ pattern }) => pattern.test(path)).sort((a, b) => a.parameters - b.parameters);
    for (const match of matches) {
      const operation = document.paths[match.path]?.[method.toLowerCase()];
      if (operation) return operation;
    }
    return undefined;
  }

  return { check, violations };
}
