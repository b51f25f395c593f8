// Files as people bring them to a page.

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {number} bytes_per_s */
export async function slowDown(page, bytes_per_s) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes_per_s,
  });
}

/**
 * What a person does with the mouse: the file comes from outside, over the page, and is let go.
 * @param {Page} page
 * @param {string | {name: string, mimeType: string, buffer: Buffer}} file
 * @param {{x: number, y: number}} [point]
 */
export async function drop(page, file, point = { x: 0, y: 0 }) {
  await page.evaluate(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.id = 'from-outside';
    input.hidden = true;
    document.body.append(input);
  });
  await page.setInputFiles('#from-outside', file);
  await page.evaluate(({ x, y }) => {
    const input = /** @type {HTMLInputElement} */ (document.getElementById('from-outside'));
    const data = new DataTransfer();
    data.items.add(/** @type {FileList} */ (input.files)[0]);
    input.remove();
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, {
        dataTransfer: data, bubbles: true, cancelable: true, clientX: x, clientY: y,
      }));
    }
  }, point);
}
