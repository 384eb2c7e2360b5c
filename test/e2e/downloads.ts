import { join } from 'node:path';
import type { Page } from 'puppeteer';

/** Path of the file that `act` makes the page download into a folder, once it is complete. */
export async function nextDownload(page: Page, folder: string, act: () => Promise<void>): Promise<string> {
  const client = await page.createCDPSession();
  try {
    await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder, eventsEnabled: true });
    const done = new Promise<string>((resolve, reject) => {
      let name = '';
      client.on('Browser.downloadWillBegin', ({ suggestedFilename }) => (name = suggestedFilename));
      client.on('Browser.downloadProgress', ({ state }) => {
        if (state === 'completed') resolve(join(folder, name));
        if (state === 'canceled') reject(new Error(`the download of ${name} was cancelled`));
      });
    });
    await act();
    return await done;
  } finally {
    await client.detach();
  }
}
