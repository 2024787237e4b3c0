// The workbench: what links list, map and lead. Without scripts every link and form here still works by itself.
import {startBrush} from './brush.js';

const bench = document.getElementById('main');
const pane = document.getElementById('lead');
const words = document.getElementById('words').dataset;
const startPath = new URL(document.getElementById('filters').action).pathname;
const openLead = () => pane.querySelector('article[data-lead]');
const plainTitle = document.title.split(' · ').at(-1);
const nothingOpen = document.createElement('p');

// ---- tabs (phone) ----------------------------------------------------------------------------------------------

function show(tab) {
  bench.dataset.tab = tab;
  for (const link of document.querySelectorAll('.tabs a')) {
    if (link.dataset.tab === tab) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

document.addEventListener('click', event => {
  const link = event.target.closest('.tabs a, [data-show-map]');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  show(link.dataset.tab ?? 'map');
  if ('showMap' in link.dataset) window.geoMonitor?.near();
});

// ---- the filters -----------------------------------------------------------------------------------------------

// Typing has already asked; leaving the field must not ask again: the answer would replace the row that is being
// clicked between press and release, and the click would be lost.
document.getElementById('text').addEventListener('change', event => event.stopPropagation());

// ---- the lead --------------------------------------------------------------------------------------------------

function leadChanged(focus) {
  const lead = openLead();
  bench.dataset.lead = lead?.dataset.lead ?? '';
  document.title = lead?.dataset.title ?? plainTitle;
  for (const row of document.querySelectorAll('.row')) {
    const link = row.querySelector('a');
    if (lead && row.dataset.id === lead.dataset.lead) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  window.geoMonitor?.choose(lead);
  if (lead && focus) lead.querySelector('h1').focus({preventScroll: true});
}

document.addEventListener('htmx:afterSwap', event => {
  const {target} = event.detail;
  if (target === pane) {
    const same = event.detail.requestConfig.verb === 'post' || event.detail.pathInfo.requestPath.includes('reports=all');
    leadChanged(!same);
    if (!same) pane.querySelector('.lead-scroll')?.scrollTo(0, 0);
    if (openLead()) show('detail');
    const problem = pane.querySelector('[aria-invalid]');
    problem?.focus();
  } else {
    leadChanged(false);
  }
});
// The address changes after the swap; the map asks only then.
for (const name of ['htmx:pushedIntoHistory', 'htmx:replacedInHistory']) document.addEventListener(name, () => window.geoMonitor?.reload());
document.addEventListener('lead-changed', () => {
  htmx.ajax('GET', startPath + location.search, {target: '#results', swap: 'innerHTML'});
});

document.addEventListener('lead:wanted', ({detail}) => {
  const address = `${startPath}leads/${encodeURIComponent(detail.id)}${location.search}`;
  htmx.ajax('GET', address, {target: '#lead', swap: 'innerHTML show:none'});
});

function close() {
  const was = openLead()?.dataset.lead;
  nothingOpen.className = 'empty';
  nothingOpen.textContent = pane.dataset.empty ?? '';
  pane.replaceChildren(nothingOpen);
  history.pushState({htmx: true}, '', startPath + location.search);
  leadChanged(false);
  show(innerWidth < 800 ? 'list' : bench.dataset.tab);
  document.querySelector(`.row[data-id="${CSS.escape(was ?? '')}"] a`)?.focus();
}

document.addEventListener('click', event => {
  if (event.target.closest('[data-close]') && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    close();
  }
  const fold = event.target.closest('[data-fold], [data-unfold]');
  if (!fold) return;
  const form = document.getElementById(fold.dataset.fold ?? fold.dataset.unfold);
  form.classList.toggle('folded', 'fold' in fold.dataset);
  const opener = pane.querySelector('[data-unfold]');
  opener.setAttribute('aria-expanded', String(!form.classList.contains('folded')));
  (form.classList.contains('folded') ? opener : form.querySelector('select')).focus();
});

document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && openLead() && !event.target.closest('textarea, select, input, .map')) close();
  // Up and down walk through the queue.
  const row = event.target.closest?.('.row');
  if (row && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    const next = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
    next?.querySelector('a')?.focus();
    event.preventDefault();
  }
});

// ---- language and history -----------------------------------------------------------------------------------------

document.addEventListener('click', event => {
  const link = event.target.closest('.languages a');
  if (!link) return;
  const asked = new URLSearchParams(location.search);
  asked.set('lang', link.dataset.lang);
  link.href = `${location.pathname}?${asked}`;
});
// Going back shows the page of that address anew: nothing of a matter is kept in the browser.
addEventListener('popstate', () => location.reload());

// ---- days ---------------------------------------------------------------------------------------------------------

const asked = new URLSearchParams(location.search);
startBrush(document.getElementById('brush'), words, {from: asked.get('from'), to: asked.get('to')}, span => {
  const address = new URLSearchParams(location.search);
  for (const [end, day] of Object.entries(span)) {
    document.getElementById(end).value = day;
    if (day) address.set(end, day);
    else address.delete(end);
  }
  const query = address.toString();
  history.replaceState({htmx: true}, '', location.pathname + (query ? `?${query}` : ''));
  window.geoMonitor.reload();
});

// A list that came without its lead's mark, a lead that came with the page.
addEventListener('load', () => leadChanged(false));
