/** The browser's CacheStorage over a map of URLs to bodies, as far as one cache is used, with room for so many puts. */
export class MemoryCaches implements CacheStorage {
  readonly entries = new Map<string, Uint8Array<ArrayBuffer>>();
  room = Infinity;

  async open(): Promise<Cache> {
    const cache: Pick<Cache, 'match' | 'put' | 'delete' | 'keys'> = {
      match: async (url) => {
        const body = this.entries.get(String(url));
        return body && new Response(body);
      },
      put: async (url, response) => {
        const body = new Uint8Array(await response.arrayBuffer());
        if (this.room-- <= 0) throw new DOMException('Quota exceeded.', 'QuotaExceededError');
        this.entries.set(String(url), body);
      },
      delete: async (request) => this.entries.delete(request instanceof Request ? request.url : String(request)),
      keys: async () => [...this.entries.keys()].map((url) => new Request(url)),
    };
    return cache as Cache;
  }

  async delete(): Promise<boolean> {
    this.entries.clear();
    return true;
  }

  async has(): Promise<boolean> {
    return true;
  }

  async keys(): Promise<string[]> {
    return [];
  }

  async match(): Promise<undefined> {
    return undefined;
  }
}

/** Web Locks as far as they are used: exclusive, taken only when free. */
export class MemoryLocks implements LockManager {
  readonly #held = new Set<string>();

  async query(): Promise<LockManagerSnapshot> {
    return { held: [], pending: [] };
  }

  async request<T>(
    name: string,
    options: LockOptions | LockGrantedCallback<T>,
    callback?: LockGrantedCallback<T>,
  ): Promise<Awaited<T>> {
    if (typeof options === 'function' || !callback || options.ifAvailable !== true)
      throw new Error('only requests for a lock that is free are expected');
    if (this.#held.has(name)) return await callback(null);
    this.#held.add(name);
    try {
      return await callback({ name, mode: 'exclusive' });
    } finally {
      this.#held.delete(name);
    }
  }
}
