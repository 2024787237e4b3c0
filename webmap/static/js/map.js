// The one module of the map: folium's script calls `geoMonitor.begin`, then a factory for each layer. Texts of people
// are set by textContent and nothing else; Leaflet writes names of layers into the page as markup, so it is given
// keys, and their words are taken from the legend that the server wrote.

const words = document.getElementById('words').dataset;
const english = document.documentElement.lang.startsWith('en');
const SVG = 'http://www.w3.org/2000/svg';
const drawn = [];            // the layers of the city, lowest first
let map, leads, cells, labels, chosen;

L.Control.Zoom.mergeOptions({zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut});
L.Control.FullScreen.mergeOptions({title: words.fullscreen, titleCancel: words.leaveFullscreen});
L.Control.Locate?.LocateControl.mergeOptions({  // not on every map
  strings: {title: words.locate},
  // A position said to be exact has no extent, and Leaflet cannot zoom to a point.
  getLocationBounds: event => event.latlng.toBounds(Math.max(2 * event.accuracy, 400)),
  onLocationError: () => notice(words.locateFailed),
  onLocationOutsideMapBounds: control => { control.stop(); notice(words.outside); },
});
const plainItem = L.Control.Layers.prototype._addItem;
L.Control.Layers.include({
  _addItem(item) {
    const label = plainItem.call(this, item);
    const words = document.querySelector(`[data-part="${CSS.escape(item.name)}"]`);
    if (words) label.querySelector('span span').replaceChildren(...[...words.childNodes].map(n => n.cloneNode(true)));
    return label;
  },
});

function notice(text) {
  const place = document.getElementById('map-notice');
  place.textContent = text;
  place.hidden = false;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { place.hidden = true; }, 6000);
}

/** JSON of an address of this host; a session that has ended leads to the sign-in page. */
async function read(url, signal) {
  const answer = await fetch(url, {signal, headers: {Accept: 'application/json'}});
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.json();
}

/** A loader that forgets answers to questions that are no longer asked. */
function latest(load) {
  let control;
  return async (...args) => {
    control?.abort();
    control = new AbortController();
    const {signal} = control;
    try {
      await load(signal, ...args);
    } catch (error) {
      if (error.name !== 'AbortError' && !signal.aborted) notice(words.failed);
    }
  };
}

const box = (bounds, step = 0) => {
  const down = v => step ? Math.floor(v / step) * step : v, up = v => step ? Math.ceil(v / step) * step : v;
  return [down(bounds.getWest()), down(bounds.getSouth()), up(bounds.getEast()), up(bounds.getNorth())]
    .map(v => v.toFixed(5)).join(',');
};

/** The question of the address, as list and map share it. */
function question(...without) {
  const asked = new URLSearchParams(location.search);
  ['view', 'after', 'lang', 'reports', ...without].forEach(name => asked.delete(name));
  return asked;
}

// ---- layers of the city -------------------------------------------------------------------------------------

const CityLayer = L.LayerGroup.extend({
  initialize(options) {
    L.LayerGroup.prototype.initialize.call(this);
    this.o = options;
    this.have = null;
    this.load = latest(signal => this._load(signal));
  },
  onAdd(onto) {
    L.LayerGroup.prototype.onAdd.call(this, onto);
    onto.on('moveend', this.load);
    this.load();
  },
  onRemove(from) {
    from.off('moveend', this.load);
    L.LayerGroup.prototype.onRemove.call(this, from);
    if (this.o.labels) labels.set([]);
    this.have = null;
  },
  async _load(signal) {
    const zoom = map.getZoom(), {o} = this;
    if (zoom < o.minZoom) {
      this.have = null;
      this.clearLayers();
      return;
    }
    const near = zoom >= 12 || o.minZoom > 0;
    // Boxes are snapped to tiles, so that a small move asks for nothing new and the browser may reuse an answer.
    const asked = near ? `?b=${box(map.getBounds(), 360 / 2 ** Math.floor(zoom))}` : '';
    if (asked === this.have) return;
    const data = await read(o.url + asked, signal);
    this.have = asked;
    this.clearLayers();
    this.shapes = L.geoJSON(data, {
      interactive: !o.labels,
      style: () => ({color: o.colour, weight: o.weight, dashArray: o.dash || null, fillColor: o.fill || (o.labels ? '#f8f6ef' : o.colour),
                     fill: Boolean(o.fill || o.labels), fillOpacity: o.labels ? 1 : 0.35}),
      pointToLayer: (_, at) => L.circleMarker(at, {radius: o.radius, fillColor: o.fill || o.colour, fill: true, fillOpacity: 0.85, weight: 1}),
      onEachFeature: (feature, shape) => {
        if (!o.labels) shape.bindTooltip(() => said(titleOf(feature)), {sticky: true, className: 'tip'});
      },
    });
    this.addLayer(this.shapes);
    drawn.forEach(layer => map.hasLayer(layer) && layer.shapes?.bringToFront());
    if (o.labels) labels.set(data.features);
  },
});

const titleOf = ({properties: p}) => (english ? p.en : p.zh) + (p.derived ? ` ${words.derived}` : '');

function said(text, className = '') {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

/** Names of districts: each stands where it covers no marker, no other name and no control, or not at all. */
class Labels {
  constructor() { this.all = []; }
  set(features) {
    this.all.forEach(({marker}) => marker.remove());
    this.all = features.filter(f => f.properties.labels?.length).map(feature => {
      const marker = L.marker([0, 0], {pane: 'labels', interactive: false, keyboard: false,
        icon: L.divIcon({className: 'district-name', html: said(titleOf(feature)), iconSize: null})});
      return {marker, places: feature.properties.labels};
    });
    this.place();
  }
  place() {
    if (!map) return;
    const frame = map.getContainer().getBoundingClientRect();
    const taken = [...document.querySelectorAll('.map .lead-marker, .map .leaflet-control, .map .legend, .map .brush, .map .map-count')]
      .map(e => e.getBoundingClientRect()).filter(r => r.width);
    for (const {marker, places} of this.all) {
      marker.setLatLng([places[0][1], places[0][0]]).addTo(map);
      const {width, height} = marker.getElement().firstChild.getBoundingClientRect();
      const spot = places.map(([lon, lat]) => {
        const at = map.latLngToContainerPoint([lat, lon]), x = frame.left + at.x, y = frame.top + at.y;
        return {lon, lat, rect: {left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2}};
      }).find(({rect}) => rect.left > frame.left + 2 && rect.right < frame.right - 2 && rect.top > frame.top + 2
        && rect.bottom < frame.bottom - 2 && !taken.some(t => t.left < rect.right + 3 && t.right > rect.left - 3
        && t.top < rect.bottom + 3 && t.bottom > rect.top - 3));
      if (!spot) { marker.remove(); continue; }
      marker.setLatLng([spot.lat, spot.lon]);
      taken.push(spot.rect);
    }
  }
}

// ---- incidents ----------------------------------------------------------------------------------------------

const CellLayer = L.LayerGroup.extend({
  initialize(options) {
    L.LayerGroup.prototype.initialize.call(this);
    this.o = options;
    this.total = 0;
    this.load = latest(signal => this._load(signal));
  },
  onAdd(onto) {
    L.LayerGroup.prototype.onAdd.call(this, onto);
    this.canvas ??= L.canvas({pane: 'cells', padding: 0.1});
    onto.on('moveend', this.load);
    this.load();
  },
  onRemove(from) {
    from.off('moveend', this.load);
    L.LayerGroup.prototype.onRemove.call(this, from);
  },
  async _load(signal) {
    const asked = new URLSearchParams({z: Math.round(map.getZoom()), b: box(map.getBounds())});
    for (const end of ['from', 'to']) if (question().get(end)) asked.set(end, question().get(end));
    const {cells, points, total} = await read(`${this.o.url}?${asked}`, signal);
    this.total = total;
    this.clearLayers();
    const most = Math.max(1, ...cells.map(c => c[2]));
    for (const [lon, lat, n] of cells) {
      const share = Math.sqrt(n / most);
      this.addLayer(L.circleMarker([lat, lon], {
        renderer: this.canvas, interactive: false, stroke: false, fillColor: '#3d5675',
        radius: points ? 2.75 : 2.5 + 17 * share, fillOpacity: points ? 0.45 : 0.18 + 0.36 * share}));
    }
    tellCounts();
  },
});

// ---- leads --------------------------------------------------------------------------------------------------

function leadIcon({urgency, closed}, size = 22) {
  const svg = document.createElementNS(SVG, 'svg'), use = document.createElementNS(SVG, 'use');
  svg.setAttribute('viewBox', '-1.5 -1.5 19 19');
  svg.setAttribute('class', `shape u-${urgency}${closed ? ' closed' : ''}`);
  use.setAttribute('href', `#shape-${urgency}`);
  use.setAttribute('width', 16);
  use.setAttribute('height', 16);
  svg.append(use);
  return L.divIcon({className: 'lead-marker', html: svg, iconSize: [size, size]});
}

const urgencyWord = urgency => words[`u${urgency[0].toUpperCase()}${urgency.slice(1)}`] ?? urgency;

const LeadLayer = L.LayerGroup.extend({
  initialize(options) {
    L.LayerGroup.prototype.initialize.call(this);
    this.o = options;
    this.byId = new Map();
    this.total = 0;
    this.load = latest(signal => this._load(signal));
  },
  onAdd(onto) {
    L.LayerGroup.prototype.onAdd.call(this, onto);
    onto.on('moveend', this.load);
    this.load();
  },
  onRemove(from) {
    from.off('moveend', this.load);
    L.LayerGroup.prototype.onRemove.call(this, from);
  },
  async _load(signal) {
    const asked = question('from', 'to');
    asked.set('b', box(map.getBounds()));
    const {features, total} = await read(`${this.o.url}?${asked}`, signal);
    this.total = total;
    const seen = new Set(features.map(f => `${f.properties.id} ${f.properties.status}`));
    for (const [key, marker] of this.byId) {
      if (seen.has(key)) continue;
      this.removeLayer(marker);
      this.byId.delete(key);
    }
    // Markers that stay are left alone: a keyboard that stands on one keeps its place.
    for (const f of features) {
      const key = `${f.properties.id} ${f.properties.status}`;
      if (!this.byId.has(key)) this._put(key, f);
    }
    tellCounts();
    labels.place();
  },
  _put(key, {properties: p, geometry}) {
    const closed = p.status === 'dismissed' || p.status === 'superseded';
    const name = `${urgencyWord(p.urgency)} · ${p.title}${closed ? ` · ${words.statusClosed}` : ''}`;
    const rank = {high: 300, medium: 200, low: 100}[p.urgency] ?? 0;
    const marker = L.marker([geometry.coordinates[1], geometry.coordinates[0]],
      {icon: leadIcon({urgency: p.urgency, closed}), keyboard: true, zIndexOffset: closed ? 0 : rank, riseOnHover: true});
    const open = () => document.dispatchEvent(new CustomEvent('lead:wanted', {detail: {id: p.id}}));
    marker.on('click', open).on('keypress', e => e.originalEvent.key === 'Enter' && open());
    marker.bindTooltip(() => said(name), {className: 'tip', direction: 'top', offset: [0, -8]});
    marker.on('add', () => {
      const element = marker.getElement();
      element.setAttribute('role', 'button');
      element.setAttribute('aria-label', name);
      element.dataset.id = p.id;
    });
    this.byId.set(key, marker);
    this.addLayer(marker);
  },
});

function tellCounts() {
  if (!leads || !cells) return;
  const n = new Intl.NumberFormat(english ? 'en' : 'zh-CN'), shown = leads.byId.size;
  const text = leads.total > shown ? words.countsMore : words.counts;
  document.getElementById('map-count').textContent = text.replace('{leads}', n.format(shown))
    .replace('{total}', n.format(leads.total)).replace('{incidents}', n.format(cells.total));
}

/** The open lead: a ring around it, its reports as small rings, the thing it is about as an outline. */
class Chosen {
  constructor() {
    this.group = L.layerGroup().addTo(map);
    this.show = latest((signal, lead) => this._show(signal, lead));
  }
  /** As near as shows the lead with all its reports. */
  near() {
    if (this.extent?.isValid()) map.fitBounds(this.extent.pad(0.3), {maxZoom: 15, paddingTopLeft: [8, 56], paddingBottomRight: [8, 112]});
  }
  async _show(signal, lead) {
    this.group.clearLayers();
    this.extent = null;
    if (!lead) return;
    const at = [Number(lead.dataset.lat), Number(lead.dataset.lon)];
    // The lead itself may be filtered out or closed: the ring is never empty.
    L.marker(at, {pane: 'chosen', interactive: false, keyboard: false,
      icon: leadIcon({urgency: lead.dataset.urgency, closed: lead.dataset.closed === 'yes'})}).addTo(this.group);
    L.marker(at, {pane: 'chosen', interactive: false, keyboard: false,
      icon: L.divIcon({className: 'chosen-ring', iconSize: [40, 40]})}).addTo(this.group);
    map.invalidateSize({animate: false, pan: false});  // the pane has just taken its share of the screen
    const far = !map.getBounds().pad(-0.2).contains(at);
    if (far) map.setView(at, Math.max(map.getZoom(), 11), {animate: !matchMedia('(prefers-reduced-motion: reduce)').matches});
    this.extent = L.latLngBounds([at]);
    const data = await read(lead.dataset.places, signal);
    const places = L.geoJSON(data, {
      pane: 'places', interactive: false,
      style: {className: 'about-shape', color: '#1e3a5f', weight: 2.5, fillOpacity: 0.08},
      pointToLayer: (feature, place) => feature.properties.part === 'incident'
        ? L.circleMarker(place, {pane: 'places', radius: 4, color: '#1e3a5f', weight: 1.5, fillColor: '#fff', fillOpacity: 1})
        : L.circleMarker(place, {pane: 'places', radius: 10, color: '#1e3a5f', weight: 2, fill: false}),
    }).addTo(this.group);
    this.extent.extend(places.getBounds());
  }
}

// ---- the reports of one event ---------------------------------------------------------------------------------

/** Numbers as ranges: 1–3, 5. */
function ranges(numbers) {
  const runs = [];
  for (const n of numbers) {
    if (runs.length && runs.at(-1)[1] === n - 1) runs.at(-1)[1] = n; else runs.push([n, n]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(', ');
}

/** Each report as a number, within the circle in which its place is known; its number leads to it on the page. Reports
    that lie on one spot, as the map is zoomed, share a mark with all their numbers. */
const MemberLayer = L.LayerGroup.extend({
  initialize(options) {
    L.LayerGroup.prototype.initialize.call(this);
    this.o = options;
    this.marks = L.layerGroup();
    this.load = latest(signal => this._load(signal));
  },
  onAdd(onto) {
    L.LayerGroup.prototype.onAdd.call(this, onto);
    onto.on('zoomend', () => this._mark());
    this.load();
  },
  async _load(signal) {
    this.reports = (await read(this.o.url, signal)).features.map(({properties, geometry: {coordinates: [lon, lat]}}) =>
      ({...properties, at: L.latLng(lat, lon)}));
    this.clearLayers();
    this.reports.forEach(r => this.addLayer(L.circle(r.at,
      {radius: r.accuracy, interactive: false, className: 'member-circle', color: '#1e3a5f', weight: 1, fillOpacity: 0.06})));
    this.addLayer(this.marks);
    this._mark();
  },
  _mark() {
    this.marks.clearLayers();
    const spots = [];
    for (const r of this.reports ?? []) {
      const spot = spots.find(s => map.latLngToLayerPoint(s[0].at).distanceTo(map.latLngToLayerPoint(r.at)) < 24);
      if (spot) spot.push(r); else spots.push([r]);
    }
    spots.forEach(spot => {
      const label = ranges(spot.map(r => r.n));
      const width = Math.max(24, 10 + 7 * label.length);
      const icon = L.divIcon({className: `member-marker${spot.every(r => r.confirmed) ? ' sure' : ''}`,
        html: said(label), iconSize: [width, 24]});
      const marker = L.marker(spot[0].at, {icon, keyboard: true, riseOnHover: true});
      const card = document.getElementById(`report-${spot[0].n}`);
      const open = () => { card?.scrollIntoView({block: 'center'}); card?.focus({preventScroll: true}); };
      marker.on('click', open).on('keypress', e => e.originalEvent.key === 'Enter' && open());
      const names = spot.map(r => document.getElementById(`report-${r.n}`)?.dataset.name ?? String(r.n));
      marker.on('add', () => marker.getElement().setAttribute('aria-label', names.join('; ')));
      this.marks.addLayer(marker);
    });
  },
});

// ---- what folium's script calls, and what the rest of the page may ask ------------------------------------------

window.geoMonitor = {
  begin(made, settings) {
    map = made;
    for (const [name, level] of [['cells', 410], ['labels', 420], ['places', 430], ['chosen', 590]]) {
      const pane = map.createPane(name);
      pane.style.zIndex = level;
      pane.style.pointerEvents = 'none';
    }
    labels = new Labels();
    chosen = new Chosen();
    const frame = map.getContainer();
    // Legend and days lie over the map: what is fitted stays clear of them.
    const {margin} = settings;
    const clear = margin ? {padding: [margin, margin]} : {paddingTopLeft: [8, 56], paddingBottomRight: [8, 112]};
    const fit = () => map.fitBounds(settings.box, {animate: false, ...clear});
    const scale = () => frame.parentElement.classList.toggle('far', map.getZoom() < 10);
    map.on('zoomend', scale);
    let fitted = frame.clientWidth > 0;
    if (fitted) fit();
    scale();
    new ResizeObserver(() => {
      map.invalidateSize({animate: false, pan: false});
      if (!fitted && frame.clientWidth > 0) { fitted = true; fit(); }
      labels.place();
    }).observe(frame);
    map.on('zoomend moveend', () => labels.place());
    map.on('layeradd layerremove', () => queueMicrotask(nameControls));
    window.addEventListener('load', nameControls);
  },
  layer(options) {
    const layer = new CityLayer(options);
    drawn.push(layer);
    return layer;
  },
  cells(options) { return cells = new CellLayer(options); },
  leads(options) { return leads = new LeadLayer(options); },
  members(options) { return new MemberLayer(options); },
  reload() { cells?.load(); leads?.load(); },
  choose(lead) { chosen?.show(lead); },
  near() { chosen?.near(); },
};

function nameControls() {
  document.querySelector('.leaflet-control-layers-toggle')?.setAttribute('title', words.layers);
  document.querySelector('.leaflet-control-layers-toggle')?.setAttribute('aria-label', words.layers);
}
