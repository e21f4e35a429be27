/** lead runs a function in one tab of this browser at a time. When that tab closes, another one's turn comes. */
export function lead(name: string, run: () => () => void): () => void {
  if (!navigator.locks) return run(); // no secure context: each tab for itself
  const stopped = new AbortController();
  let end: () => void = () => {};
  navigator.locks
    .request(name, { signal: stopped.signal }, () => {
      const stop = run();
      return new Promise<void>(resolve => {
        end = () => {
          stop();
          resolve();
        };
        if (stopped.signal.aborted) end();
      });
    })
    .catch(() => undefined); // stopped before its turn came
  return () => {
    stopped.abort();
    end();
  };
}
