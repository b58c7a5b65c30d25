/** The body of an error as Stripe sends it; `payment_intent` and its like are rendered when it is sent. */
export type FaultBody = {
  type: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error';
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  doc_url?: string;
  payment_intent?: object;
  setup_intent?: object;
  payment_method?: object;
};

/** A refusal. `keepsEffects`: what the call did until then stays, as the failed charge of a declined card does. */
export class StripeFault extends Error {
  readonly status: number;
  readonly body: FaultBody;
  readonly keepsEffects: boolean;

  constructor(status: number, body: FaultBody, keepsEffects = false) {
    super(body.message);
    this.status = status;
    this.body = body.code ? { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code}` } : body;
    this.keepsEffects = keepsEffects;
  }
}

type Details = Partial<Omit<FaultBody, 'type' | 'message'>> & { status?: number };

export function invalid(message: string, { status = 400, ...details }: Details = {}): StripeFault {
  return new StripeFault(status, { type: 'invalid_request_error', message, ...details });
}

export function missingParam(param: string): StripeFault {
  return invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
}

/** `param` names the parameter that held the id; one from the path answers 404. */
export function noSuch(kind: string, id: string, param?: string): StripeFault {
  const status = param === undefined ? 404 : 400;
  return invalid(`No such ${kind}: '${id}'`, { code: 'resource_missing', param: param ?? 'id', status });
}
