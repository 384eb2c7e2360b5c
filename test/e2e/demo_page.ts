import type { Page } from 'puppeteer';
import { expect } from 'vitest';

/** The text of an element, on one line. */
export function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => (element.textContent ?? '').replace(/\s+/g, ' ').trim());
}

/** Waits for a map of a size, or for the page to say what went wrong. */
export async function waitForMap(page: Page, width: number, height: number): Promise<void> {
  const caption = `Depth map · ${width} × ${height}`;
  await page.waitForFunction(
    (of) =>
      document.querySelector('#map-caption')?.textContent === of ||
      document.querySelector('#error')?.textContent !== '',
    { timeout: 100_000 },
    caption,
  );
  expect(await textOf(page, '#error')).toBe('');
  expect(await textOf(page, '#map-caption')).toBe(caption);
  // What is done with a map is fetched once its picture is seen.
  await page.waitForSelector('[data-format=png]:not([disabled])');
}
