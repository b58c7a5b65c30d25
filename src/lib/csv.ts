const FIRST_FIELD = /^\s*(?:"([^"]*)"|([^,;\t]*))/;

/** The first field of each line, as spreadsheets write it: the lines keep their numbers, and that of names is empty. */
export function firstFields(csv: string, name: string): string[] {
  const lines = csv.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const fields = lines.map((line) => {
    const [, quoted, plain = ''] = FIRST_FIELD.exec(line) ?? [];
    return (quoted ?? plain).trim();
  });
  return fields.map((field, index) => (index === 0 && field.toLowerCase() === name ? '' : field));
}

/** Rows of fields that hold neither quotes, commas nor line ends. */
export function csvRows(rows: readonly (readonly string[])[]): string {
  return rows.map((fields) => `${fields.join(',')}\r\n`).join('');
}
