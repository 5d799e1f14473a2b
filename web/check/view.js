// @ts-check
/** The page's elements; text goes in by textContent alone. */

/** @typedef {import('./problems.js').Problem} Problem */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`page has no ${id}`);
  }
  return found;
}

const main = element('check', HTMLElement);
const sentence = element('sentence', HTMLElement);
const help = element('help', HTMLElement);

export const start = element('start', HTMLButtonElement);
export const stop = element('stop', HTMLButtonElement);
export const sound = element('sound', HTMLInputElement);
export const local = element('local', HTMLVideoElement);
export const returned = element('returned', HTMLVideoElement);

/**
 * @param {'idle' | 'busy' | 'good' | 'warn' | 'failed'} state
 * @param {string} text
 * @param {Problem} [problem]
 */
export function say(state, text, problem) {
  main.dataset.state = state;
  main.dataset.problem = problem?.code ?? '';
  if (sentence.textContent !== text) { // else it would be read out again
    sentence.textContent = text;
  }
  help.hidden = !problem?.certificate;
  const running = state === 'busy' || state === 'good' || state === 'warn';
  const hadFocus = document.activeElement === start || document.activeElement === stop;
  start.hidden = running || problem?.code === 'insecure'; // which pressing it again cannot cure
  stop.hidden = !running;
  start.textContent = state === 'failed' ? 'Start again' : 'Start';
  if (hadFocus) { // the button that was pressed is gone: keep the keyboard's place
    (running ? stop : start).focus();
  }
}

/**
 * @param {string} name
 * @param {'' | 'good' | 'warn' | 'bad'} result
 * @param {string} text
 */
export function step(name, result, text) {
  const item = main.querySelector(`[data-step="${name}"]`);
  const field = item?.querySelector('.result');
  if (item instanceof HTMLElement && field) {
    item.dataset.result = result;
    field.textContent = text;
  }
}

/** @param {Record<string, string>} values */
export function figures(values) {
  for (const [name, value] of Object.entries(values)) {
    const field = main.querySelector(`[data-figure="${name}"]`);
    if (field) {
      field.textContent = value;
    }
  }
}

export function clear() {
  for (const item of main.querySelectorAll('[data-step]')) {
    step(item.getAttribute('data-step') ?? '', '', 'not tried');
  }
  for (const field of main.querySelectorAll('[data-figure]')) {
    field.textContent = '-';
  }
}
