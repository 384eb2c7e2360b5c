/** What a link to the page may ask for: `?model=NAME&weights=URL&image=URL&size=PIXELS&colormap=NAME`. */
export interface Parameters {
  readonly model: string | undefined;
  /** URL or `hf:org/repo@revision`. */
  readonly weights: string | undefined;
  readonly image: string | undefined;
  readonly size: string | undefined;
  readonly colormap: string | undefined;
}

export function readParameters(search: string): Parameters {
  const query = new URLSearchParams(search);
  const value = (name: string) => query.get(name) || undefined;
  return {
    model: value('model'),
    weights: value('weights'),
    image: value('image'),
    size: value('size'),
    colormap: value('colormap'),
  };
}
