// Requests to the box. XMLHttpRequest: it can be timed out and aborted in every browser, and takes large files to the
// disk, not through the memory of the page.

/** A box that is alive answers within milliseconds; a lame Wi-Fi within seconds. */
const ANSWER_MS_MAX = 10000;
/** A file that brings nothing for so long is asked for again. */
const SILENCE_MS_MAX = 20000;

/** Where Marquee is below its host, as the document tells: addresses get it where they leave the page. */
const BASE_PATH = (typeof document !== 'undefined' && document.documentElement.getAttribute('data-base')) || '';

/** @param {string} address of the box, as it answers them; one that has it already, or any other, stays as it is */
function urlOf(address) {
  return address[0] !== '/' || address.indexOf(`${BASE_PATH}/`) === 0 ? address : BASE_PATH + address;
}

/**
 * Resolves with every answer, whatever its status; rejects only if there is none.
 * @param {string} method
 * @param {string} url
 * @param {{body?: string|Blob, type?: string, headers?: Object<string, string>, blob?: boolean}} [options] blob: the
 *   answer is a file, which may take its time as long as something comes
 * @returns {Promise<TvResponse>}
 */
function ask(method, url, options) {
  const { body, type, headers, blob } = options || {};
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence = 0;
    const fail = () => {
      window.clearTimeout(silence);
      reject(new Error(`${url.split('?')[0]} does not answer`));
    };
    const wait = () => {
      window.clearTimeout(silence);
      silence = window.setTimeout(() => request.abort(), SILENCE_MS_MAX);
    };
    request.open(method, urlOf(url));
    if (blob) {
      request.responseType = 'blob';
      request.onprogress = wait;
      wait();
    } else {
      request.timeout = ANSWER_MS_MAX;
    }
    Object.keys(headers || {}).forEach((name) => request.setRequestHeader(name, (headers || {})[name]));
    if (type) {
      request.setRequestHeader('Content-Type', type);
    }
    request.onload = () => {
      window.clearTimeout(silence);
      resolve({
        status: request.status,
        text: blob ? '' : request.responseText,
        blob: blob ? request.response : null,
        header: (name) => request.getResponseHeader(name),
      });
    };
    request.onerror = fail;
    request.onabort = fail;
    request.ontimeout = fail;
    request.send(body === undefined ? null : body);
  });
}

/**
 * JSON there and back.
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>} null where there is no content; rejects with the `status` where the box refused
 */
function askJson(method, url, body) {
  const options = body ? { body: JSON.stringify(body), type: 'application/json' } : undefined;
  return ask(method, url, options).then((response) => {
    if (response.status < 200 || response.status > 299) {
      throw Object.assign(new Error(`${url.split('?')[0]}: ${response.status}`), { status: response.status });
    }
    return response.text ? JSON.parse(response.text) : null;
  });
}

/** @param {number} ms */
function pauseFor(ms) {
  return new Promise((resolve) => window.setTimeout(resolve, ms));
}

/**
 * Waits between attempts: longer each time, and never all TVs at the same moment.
 * @param {number} min_ms
 * @param {number} max_ms
 */
function createBackoff(min_ms, max_ms) {
  let wait_ms = min_ms;
  return {
    next() {
      const ms = wait_ms * (0.75 + Math.random() / 2);
      wait_ms = Math.min(max_ms, wait_ms * 2);
      return ms;
    },
    reset() {
      wait_ms = min_ms;
    },
  };
}
