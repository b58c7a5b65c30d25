const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
}

/** A page of the sandbox: it says on top what it is. `body` is HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
.note{background:#fff3cd;border:1px solid #b58900;padding:.5rem 1rem;border-radius:.3rem}
code,pre{background:#f3f3f3;padding:.1rem .3rem}pre{padding:.7rem;overflow:auto}
button{font:inherit;padding:.5rem 1rem;margin-right:.5rem}</style></head>
<body><p class="note">Stripe sandbox of TTConnect: development equipment. No card is charged, and this is not Stripe.</p>
<h1>${escapeHtml(title)}</h1>
${body}
</body></html>
`;
}
