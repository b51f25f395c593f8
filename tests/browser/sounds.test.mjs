// Files of sound: on the page of the library, on their own page, and on a TV between other items.

import assert from 'node:assert/strict';

import { makeSlide, makeSound, putFile } from './clips.mjs';
import { untilReady } from './content.mjs';
import { addPlaylist, openTv, playAlways, shown, untilShows } from './signage.mjs';
import { until } from './until.mjs';

const NOTHING_LIVE = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n[library]\nconvert_height_max = 360\n';
const SOUND_S = 3;

/** A server with a sound and a slide that can be shown. @param {any} t */
async function filled(t) {
  const server = await t.server(NOTHING_LIVE);
  const sound = await putFile(server.url, makeSound('Morning bell', SOUND_S));
  const slide = await putFile(server.url, makeSlide('Menu', '0xffe09020'));
  await untilReady(server);
  return { server, sound, slide };
}

/** Runs in the page: how much of the sound of its videos was decoded at most, and how far that one is. */
const heard = () => {
  const all = Array.from(document.querySelectorAll('video')).map((video) => ({
    bytes: /** @type {any} */ (video).webkitAudioDecodedByteCount || 0, at_s: video.currentTime, length_s: video.duration,
  }));
  return all.sort((a, b) => b.bytes - a.bytes)[0] || { bytes: 0, at_s: 0, length_s: 0 };
};

export const tests = {
  'a sound is found by its kind, and plays on its page': async (t) => {
    const { server, sound } = await filled(t);
    const page = await t.page(`${server.url}/library`);
    const cards = page.locator('.grid .card');
    await until('both are there', async () => (await cards.count()) === 2);
    await page.getByRole('button', { name: 'Audio', exact: true }).or(page.getByRole('radio', { name: 'Audio', exact: true })).first().click();
    await until('one is left', async () => (await cards.count()) === 1);
    assert.match(page.url(), /kind=sound/);
    assert.equal(await page.locator('.grid .card-name').innerText(), 'Morning bell');
    assert.equal(await page.locator('.grid .card-length').innerText(), '♪ 0:03');
    await t.shoot(page, 'library-sound');
    await page.locator('.grid .card-link').click();
    await page.locator('.asset-name').waitFor();
    await page.locator('video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).play());
    await until('it is heard', async () => {
      const { bytes, at_s } = await page.evaluate(heard);
      return bytes > 0 && at_s > 0.5;
    });
    const { length_s } = await page.evaluate(heard);
    assert.ok(Math.abs(length_s - SOUND_S) < 0.2, `${length_s} s`);
    const asset = await server.get(`/api/assets/${sound}`);
    assert.deepEqual([asset.kind, asset.container, asset.audio_codec, asset.converted.ext], ['sound', 'wav', 'pcm', 'mp4']);
    await t.shoot(page, 'asset-sound');
  },

  'a TV plays a sound with its picture, and goes on (slow)': async (t) => {
    const { server, sound, slide } = await filled(t);
    const items = [{ kind: 'asset', asset: sound }, { kind: 'asset', asset: slide, duration_ms: 1500 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items));
    const tv = await openTv(t, server);
    await untilShows(tv.page, 1);
    const before = tv.watch();
    let most = 0;
    await until('two rounds', async () => {
      most = Math.max(most, (await tv.page.evaluate(heard)).bytes);
      return (await shown(tv.page)).length >= 5;
    });
    const samples = await before.stop();
    assert.ok(most > 0, 'its sound is decoded');
    assert.ok(samples.every((sample) => sample.bright > 0), 'never black');
    const all = await shown(tv.page);
    const keys = all.map((each) => each.key);
    keys.slice(1).forEach((key, at) => assert.notEqual(key, keys[at], `one after the other: ${keys}`));
    // When each is due follows from how long the sound lasts; when it is seen, on a busy machine, does not.
    const due = all.slice(1, -1).map((each, at) => ({ key: each.key, ms: all[at + 2].starts_ms - each.starts_ms }));
    const heardFor = due.filter(({ key }) => key === `a${sound}`).map(({ ms }) => ms);
    assert.ok(heardFor.length > 0 && heardFor.every((ms) => Math.abs(ms - SOUND_S * 1000) < 100), `${heardFor} ms, not ${SOUND_S} s`);
    await t.shoot(tv.page, 'tv-sound');
  },
};
