type Due<Item> = {
  /** The next ones that are due; what was done is not among them any more. */
  list: (limit: number) => Promise<Item[]>;
  /** Says how much it did. */
  work: (item: Item) => Promise<number>;
  onError: (err: unknown, item: Item) => void;
  batch: number;
  rounds: number;
};

/** Works off what is due, one by one. One that fails does not hold up the others. Says how much was done. */
export async function workOff<Item>({ list, work, onError, batch, rounds }: Due<Item>): Promise<number> {
  let all = 0;
  for (let round = 0; round < rounds; round += 1) {
    const due = await list(batch);
    let done = 0;
    for (const item of due) {
      done += await work(item).catch((err) => {
        onError(err, item);
        return 0;
      });
    }
    all += done;
    if (done === 0) break;
  }
  return all;
}
