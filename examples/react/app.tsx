// A component that shows the depth of a picture. One model serves all of them; a component that goes away, or whose
// picture changes, cancels what it asked for.
import { useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { loadDepthModel, type ColormapName } from 'depthwise';
import nano from 'depthwise/nano';

const model = loadDepthModel(nano);

function DepthPicture({ src, colormap }: { src: string; colormap: ColormapName }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [said, setSaid] = useState('Reading…');
  useEffect(() => {
    const stop = new AbortController();
    const show = async () => {
      using depth = await (await model).estimate(src, { signal: stop.signal });
      if (stop.signal.aborted || !canvas.current) return;
      await depth.draw(canvas.current, { colormap });
      setSaid(`${depth.width} × ${depth.height}, ${depth.kind}`);
    };
    show().catch((error: Error) => {
      if (error.name !== 'AbortError') setSaid(error.message);
    });
    return () => stop.abort();
  }, [src, colormap]);
  return (
    <figure>
      <canvas ref={canvas} />
      <figcaption>{said}</figcaption>
    </figure>
  );
}

function App() {
  const [colormap, setColormap] = useState<ColormapName>('inferno');
  return (
    <>
      <select value={colormap} onChange={({ target }) => setColormap(target.value as ColormapName)}>
        {['inferno', 'turbo', 'gray'].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <DepthPicture src="/sample.jpg" colormap={colormap} />
    </>
  );
}

createRoot(document.querySelector('main')!).render(<App />);
