// The span of days over the histogram: two thumbs on one track. Pure parts first, so that they can be tested apart.

/** The position among `days` (n+1 edges, ISO days) at which a day stands; an open end is the outermost edge. */
export function edgeOf(days, day, end) {
  if (!day) return end === 'from' ? 0 : days.length - 1;
  if (end === 'from') {
    const k = days.findLastIndex(edge => edge <= day);
    return Math.max(0, k);
  }
  const k = days.findIndex(edge => edge > day);
  return k < 0 ? days.length - 1 : k;
}

/** The last day before an edge: the right thumb stands after the last day that counts. */
export function dayBefore(day) {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - 1);
  return at.toISOString().slice(0, 10);
}

/** Keeps the thumbs at least one bar apart: the one that was moved gives way. */
export function kept(from, to, moved, last) {
  if (from < to) return [from, to];
  return moved === 'from' ? [Math.max(0, to - 1), to] : [from, Math.min(last, from + 1)];
}

/** What the thumbs mean: days to ask for, '' where the span is open. */
export function spanOf(days, from, to) {
  const last = days.length - 1;
  return {from: from === 0 ? '' : days[from], to: to === last ? '' : dayBefore(days[to])};
}

const SVG = 'http://www.w3.org/2000/svg';

/** Brings the brush to life. `asked` = {from, to} of the address; `changed(span)` is called when a thumb is let go. */
export async function startBrush(form, words, asked, changed) {
  const answer = await fetch(form.dataset.url);
  if (!answer.ok) return;
  const {days, counts} = await answer.json();
  if (!counts.length) return;
  const bars = form.querySelector('.bars'), label = form.querySelector('.brush-span');
  const whole = form.querySelector('[data-brush=all]');
  const thumbs = {from: form.querySelector('[data-end=from]'), to: form.querySelector('[data-end=to]')};
  const last = days.length - 1, top = Math.max(...counts);
  bars.setAttribute('viewBox', `0 0 ${counts.length} 100`);
  counts.forEach((n, k) => {
    const bar = document.createElementNS(SVG, 'rect');
    const height = n ? Math.max(3, 100 * Math.sqrt(n / top)) : 0;
    Object.entries({x: k + 0.08, width: 0.84, y: 100 - height, height}).forEach(([a, v]) => bar.setAttribute(a, v));
    bars.append(bar);
  });
  for (const [end, thumb] of Object.entries(thumbs)) {
    Object.assign(thumb, {min: 0, max: last, step: 1, value: edgeOf(days, asked[end], end)});
    thumb.addEventListener('input', () => { moved(end); show(); });
    thumb.addEventListener('change', tell);
  }
  whole.addEventListener('click', () => { thumbs.from.value = 0; thumbs.to.value = last; show(); tell(); });
  form.addEventListener('submit', event => event.preventDefault());
  const places = () => [Number(thumbs.from.value), Number(thumbs.to.value)];
  function moved(end) {
    [thumbs.from.value, thumbs.to.value] = kept(...places(), end, last);
  }
  function show() {
    const [from, to] = places(), open = from === 0 && to === last;
    const text = (open ? words.brushAll : words.brushSpan).replace('{from}', days[from]).replace('{to}', dayBefore(days[to]));
    label.textContent = text;
    whole.hidden = open;
    thumbs.from.setAttribute('aria-valuetext', days[from]);
    thumbs.to.setAttribute('aria-valuetext', dayBefore(days[to]));
    [...bars.children].forEach((bar, k) => bar.classList.toggle('out', k < from || k >= to));
    // Where both thumbs meet at the right edge the left one must stay within reach.
    thumbs.from.classList.toggle('upper', from > last / 2);
  }
  function tell() { changed(spanOf(days, ...places())); }
  show();
  form.hidden = false;
}
