"use strict";

// Everything that peers or people have written is set as text, never as markup.
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

const state = { epochs: new Map(), evaluations: new Map(), summary: null, peers: [], logarithmic: false };

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const loss = (value) => (value == null ? "–" : value.toFixed(3));
const speed = (value) => (value >= 100 ? whole.format(value) : value.toFixed(1));

const BASELINES = new Map([
  ["frequency", "code frequencies alone"],
  ["position", "frequencies by position"],
]);

function element(name, options = {}, ...children) {
  const node = document.createElement(name);
  if (options.class) node.className = options.class;
  if (options.text != null) node.textContent = options.text;
  if (options.title) node.title = options.title;
  node.append(...children);
  return node;
}

function shape(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text != null) node.textContent = text;
  return node;
}

function ago(instant) {
  const seconds = Math.max(0, (Date.now() - Date.parse(instant)) / 1000);
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

// ---- figures ----------------------------------------------------------------------------------------------------

function showSummary(s) {
  state.summary = s;
  document.title = `${s.run} · epoch ${s.epoch}`;
  byId("run").textContent = s.run;
  byId("subtitle").textContent = `${s.task}, trained together by ${s.trainers} peer${s.trainers === 1 ? "" : "s"}`;
  byId("epoch").textContent = whole.format(s.epoch);
  byId("generation").textContent = s.generation === 0 ? "never rolled back" : `generation ${s.generation}`;
  byId("validation").textContent = loss(s.evaluation?.loss);
  byId("validation-note").textContent = validationNote(s.evaluation);
  byId("training").textContent = loss(s.trainingLoss);
  byId("speed").textContent = speed(s.samplesPerSecond);
  byId("total").textContent = `${compact.format(s.totalSamples)} samples committed`;
  byId("alive").textContent = whole.format(s.peersAlive);
  byId("seen").textContent = `${whole.format(s.peersSeen)} seen so far`;
  const share = s.targetBatchSize > 0 ? Math.min(1, s.swarmSamples / s.targetBatchSize) : 0;
  byId("progress-figure").textContent = `${Math.round(share * 100)} %`;
  byId("progress").value = share;
  byId("explanation").textContent = s.explanation;
}

function validationNote(evaluation) {
  if (!evaluation) return "not evaluated yet";
  const base = evaluation.baselines.frequency;
  if (base == null) return `at epoch ${evaluation.epoch}`;
  const difference = base - evaluation.loss;
  return `${Math.abs(difference).toFixed(2)} ${difference >= 0 ? "below" : "above"} frequencies alone`;
}

function showPeers(peers) {
  state.peers = peers;
  const rows = peers.map((p) => {
    const digest = element("td", {
      class: `digest ${p.synced ? "same" : "other"}`,
      text: p.stateDigest ? p.stateDigest.slice(0, 8) : "–",
      title: p.stateDigest ? `${p.stateDigest}${p.synced ? ", the swarm's state" : ""}` : "keeps no state",
    });
    const roles = element("td", {}, ...p.roles.map((role) => element("span", { class: "role", text: role })));
    return element("tr", {},
      element("td", { text: p.account, title: `peer ${p.peer}${p.reachable ? "" : ", can only dial out"}` }),
      roles,
      element("td", { class: "number", text: p.stateDigest ? whole.format(p.epoch) : "–" }),
      digest,
      element("td", { class: "number", text: p.samplesCommitted > 0 ? compact.format(p.samplesCommitted) : "–",
        title: `${whole.format(p.samplesCommitted)} samples committed, ${whole.format(p.samples)} towards the next epoch` }),
      element("td", { class: "number", text: p.samplesPerSecond > 0 ? speed(p.samplesPerSecond) : "–" }),
      element("td", { text: p.device || "–", title: p.agent }),
      element("td", { class: "number", text: ago(p.lastHeard) }));
  });
  const none = element("tr", {}, element("td", { class: "empty", text: "Nobody else is here." }));
  none.firstChild.colSpan = 8;
  byId("peers").replaceChildren(...(rows.length ? rows : [none]));
}

function showContributions(list) {
  const most = Math.max(1, ...list.map((c) => c.samples));
  const rows = list.map((c) => {
    const fill = element("span", { class: "fill" });
    fill.style.width = `${(100 * c.samples) / most}%`;
    return element("li", { title: `${whole.format(c.samples)} samples in ${whole.format(c.epochs)} epochs` },
      fill,
      element("span", { class: "name", text: c.name }),
      element("span", { class: "count", text: compact.format(c.samples) }));
  });
  byId("contributions").replaceChildren(
    ...(rows.length ? rows : [element("li", { class: "empty", text: "Nothing has been committed yet." })]));
}

let shownPictures = "";
function showGallery(items) {
  const shown = items.map((i) => i.url).join();
  if (!items.length || shown === shownPictures) return;
  shownPictures = shown;
  byId("gallery-note").textContent = `drawn at epoch ${whole.format(items[0].epoch)}`;
  byId("gallery").replaceChildren(...items.map((item) => {
    const image = element("img");
    image.src = item.url;
    image.alt = item.prompt;
    return element("figure", {}, image, element("figcaption", { text: item.prompt }));
  }));
}

// ---- the curve --------------------------------------------------------------------------------------------------

function addToCurve(curve) {
  for (const point of curve.epochs) state.epochs.set(point.record, point);
  for (const point of curve.evaluations) state.evaluations.set(`${point.generation}/${point.epoch}`, point);
}

/** Lines as lists of [epoch, loss], ascending; what does not count any more is apart. */
function series() {
  const chain = [];
  const undone = new Map();
  const recorded = new Set();
  for (const e of state.epochs.values()) {
    recorded.add(`${e.generation}/${e.epoch}`);
    if (e.onChain) {
      chain.push(e);
    } else {
      if (!undone.has(e.generation)) undone.set(e.generation, []);
      undone.get(e.generation).push(e);
    }
  }
  const line = (points, value) => points
    .map((p) => [p.epoch, value(p)])
    .filter(([, y]) => y != null)
    .sort((a, b) => a[0] - b[0]);
  const generation = state.summary?.generation ?? 0;
  const alone = [...state.evaluations.values()]
    .filter((e) => !recorded.has(`${e.generation}/${e.epoch}`) && (e.generation === generation || e.epoch === 0))
    .map((e) => ({ epoch: e.epoch, validationLoss: e.loss }));
  return {
    training: line(chain, (p) => p.trainingLoss),
    validation: line([...chain, ...alone], (p) => p.validationLoss),
    undone: [...undone.values()].flatMap((points) => [
      line(points, (p) => p.trainingLoss),
      line(points, (p) => p.validationLoss),
    ]).filter((points) => points.length),
  };
}

/** Keeps at most about that many points, the first and the last among them. */
function thinned(points, most) {
  if (points.length <= most) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * step)]);
}

function niceTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const ticks = [];
  for (let t = Math.ceil(low / step) * step; t <= high + step / 1e6; t += step) ticks.push(Number(t.toPrecision(12)));
  return ticks;
}

function epochTicks(low, high, logarithmic, width) {
  if (!logarithmic) {
    return niceTicks(low, high, Math.max(4, Math.floor(width / 110))).filter((t) => Number.isInteger(t));
  }
  const ticks = [];
  for (let power = 1; power <= high; power *= 10) {
    for (const m of high / low > 300 ? [1] : [1, 2, 5]) if (m * power >= low && m * power <= high) ticks.push(m * power);
  }
  return ticks;
}

let plot = null;

function drawCurve() {
  const box = byId("chart");
  const { training, validation, undone } = series();
  byId("undone-key").hidden = undone.length === 0;
  const all = [training, validation, ...undone].flat();
  if (!all.length) return;

  const width = Math.max(280, box.clientWidth);
  const height = 320;
  const margin = { left: 40, right: 14, top: 22, bottom: 30 };
  const logarithmic = state.logarithmic;
  const baselines = Object.entries(state.summary?.evaluation?.baselines ?? {});
  const lowX = logarithmic ? 1 : 0;
  const highX = Math.max(lowX + 1, ...all.map((p) => p[0]));
  const ys = [...all.map((p) => p[1]), ...baselines.map((b) => b[1])];
  const padding = 0.06 * (Math.max(...ys) - Math.min(...ys) || 1);
  const lowY = Math.max(0, Math.min(...ys) - padding);
  const highY = Math.max(...ys) + padding;
  const scaleX = logarithmic ? (v) => Math.log10(Math.max(1, v)) : (v) => v;
  const x = (v) => margin.left
    + ((scaleX(v) - scaleX(lowX)) / (scaleX(highX) - scaleX(lowX))) * (width - margin.left - margin.right);
  const y = (v) => margin.top + ((highY - v) / (highY - lowY)) * (height - margin.top - margin.bottom);

  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Loss over ${highX} epochs` });
  for (const tick of niceTicks(lowY, highY, 5)) {
    svg.append(
      shape("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }),
      shape("text", { x: margin.left - 8, y: y(tick) + 4, "text-anchor": "end" }, String(tick)));
  }
  for (const tick of epochTicks(lowX, highX, logarithmic, width)) {
    svg.append(shape("text", { x: x(tick), y: height - 8, "text-anchor": "middle" }, compact.format(tick)));
  }
  for (const [, value] of baselines) {
    svg.append(shape("line", { class: "baseline", x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }));
  }
  const path = (points, name) => {
    if (!points.length) return;
    const d = thinned(points, 800).map(([px, py], i) => `${i ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`);
    svg.append(shape("path", { class: `line ${name}`, d: d.join("") }));
  };
  for (const points of undone) path(points, "undone");
  path(training, "training");
  path(validation, "validation");
  const dots = validation.length <= 40 ? validation : validation.slice(-1);
  for (const [px, py] of dots) svg.append(shape("circle", { class: "dot", cx: x(px), cy: y(py), r: 3 }));

  for (const rollback of state.summary?.rollbacks ?? []) {
    const at = x(rollback.epoch);
    const right = at < width - 130;
    svg.append(
      shape("line", { class: "rollback", x1: at, x2: at, y1: margin.top - 6, y2: height - margin.bottom }),
      shape("text", { class: "rollback-label", x: at + (right ? 6 : -6), y: margin.top + 2 + 15 * ((rollback.generation - 1) % 3),
        "text-anchor": right ? "start" : "end" }, `↩ generation ${rollback.generation}`));
  }
  // Last, so that no line crosses them.
  for (const [name, value] of baselines) {
    svg.append(shape("text", { class: "baseline-label", x: width - margin.right, y: y(value) - 6, "text-anchor": "end" },
      `${BASELINES.get(name) ?? name} ${value.toFixed(2)}`));
  }
  const cursor = shape("line", { class: "cursor", y1: margin.top, y2: height - margin.bottom, visibility: "hidden" });
  svg.append(cursor);
  const tip = element("div", { class: "tip" });
  tip.hidden = true;
  box.replaceChildren(svg, tip);
  plot = { x, width, cursor, tip, epochs: [...new Set([...training, ...validation].map((p) => p[0]))],
    training: new Map(training), validation: new Map(validation) };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerleave", () => { tip.hidden = true; cursor.setAttribute("visibility", "hidden"); });
}

function point(event) {
  const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
  const epoch = plot.epochs.reduce((best, e) => (Math.abs(plot.x(e) - at) < Math.abs(plot.x(best) - at) ? e : best));
  const lines = [`epoch ${whole.format(epoch)}`];
  if (plot.validation.has(epoch)) lines.push(`validation ${loss(plot.validation.get(epoch))}`);
  if (plot.training.has(epoch)) lines.push(`training ${loss(plot.training.get(epoch))}`);
  plot.tip.textContent = lines.join("\n");
  plot.tip.hidden = false;
  const px = plot.x(epoch);
  plot.tip.style.left = `${Math.min(px + 10, plot.width - plot.tip.offsetWidth - 4)}px`;
  plot.cursor.setAttribute("x1", px);
  plot.cursor.setAttribute("x2", px);
  plot.cursor.setAttribute("visibility", "visible");
}

let drawing = false;
function drawSoon() {
  if (drawing || (plot && !plot.tip.hidden)) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; drawCurve(); });
}

// ---- live -------------------------------------------------------------------------------------------------------

function show(update) {
  showSummary(update.summary);
  showPeers(update.peers);
  showContributions(update.contributions);
  showGallery(update.gallery);
  addToCurve(update.curve);
  drawSoon();
}

function live(name, text) {
  byId("live").className = `live ${name}`;
  byId("live").textContent = text;
}

async function loadCurve() {
  const response = await fetch("/api/v1/epochs");
  if (!response.ok) throw new Error(`the epochs answered ${response.status}`);
  addToCurve(await response.json());
  drawSoon();
}

function connect() {
  const source = new EventSource("/api/v1/stream");
  source.addEventListener("open", () => {
    live("on", "live");
    loadCurve().catch((error) => live("off", error.message));
  });
  source.addEventListener("update", (event) => show(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    live("off", "not connected, trying again");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
  });
}

byId("log").addEventListener("change", (event) => { state.logarithmic = event.target.checked; drawCurve(); });
new ResizeObserver(drawSoon).observe(byId("chart"));
setInterval(() => { if (state.peers.length) showPeers(state.peers); }, 5000);
connect();
