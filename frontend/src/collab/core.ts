/** Loads the WASM core, once for the page. */
import initialize from '../wasm/codesync_core';
import moduleUrl from '../wasm/codesync_core_bg.wasm?url';

let loading: Promise<void> | null = null;

export function loadCore(): Promise<void> {
  if (loading === null) {
    loading = initialize({ module_or_path: moduleUrl }).then(() => undefined);
    // The next attempt starts afresh: the network may be back by then.
    loading.catch(() => {
      loading = null;
    });
  }
  return loading;
}
