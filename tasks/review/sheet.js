"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const blocks = [...document.querySelectorAll(".block")];
  const cards = [...document.querySelectorAll(".card")];
  const store = "cleancopy:" + data.sheet;
  const WORDS = {
    removed: { accept: "accepted: not the article", reject: "rejected: must be kept" },
    moved: { accept: "accepted: rightly moved", reject: "rejected: must be kept" },
    kept: { accept: "accepted: the article", reject: "rejected: must be dropped" },
  };
  let labels = {};

  const remember = () => {
    try { localStorage.setItem(store, JSON.stringify(labels)); } catch { /* a private window: the page keeps them */ }
  };
  const recall = () => {
    try { return JSON.parse(localStorage.getItem(store)) || {}; } catch { return {}; }
  };
  const say = (text) => { byId("said").textContent = text; };
  const isVisible = (block) => !block.hidden && !block.closest(".card").hidden && block.offsetParent !== null;
  const tell = () => {
    const seen = blocks.filter((block) => isVisible(block) && block.dataset.fate !== "kept").length;
    const done = Object.keys(labels).length;
    byId("tally").textContent = `${seen} removed or moved blocks shown, ${done} labelled`;
    byId("export").disabled = done === 0;
  };

  const show = (block) => {
    const label = labels[block.id];
    block.querySelector(".label").textContent = label ? WORDS[block.dataset.fate][label] : "";
    if (label) block.dataset.label = label; else delete block.dataset.label;
  };
  const mark = (block, label) => {
    if (label) labels[block.id] = label; else delete labels[block.id];
    show(block);
    remember();
    tell();
    say(label ? WORDS[block.dataset.fate][label] : "label taken back");
  };

  const current = () => document.activeElement.closest ? document.activeElement.closest(".block") : null;
  const go = (step, all) => {
    const from = blocks.indexOf(current());
    for (let i = from < 0 ? (step > 0 ? 0 : blocks.length - 1) : from + step; i >= 0 && i < blocks.length; i += step) {
      const block = blocks[i];
      if (isVisible(block) && (all || block.dataset.fate !== "kept")) {
        block.focus();
        block.scrollIntoView({ block: "nearest" });
        return true;
      }
    }
    say("no further block");
    return false;
  };
  const judge = (label) => {
    const block = current();
    if (!block) { say("choose a block first: j"); return; }
    mark(block, label);
    if (label) go(1, block.dataset.fate === "kept");
  };

  const filter = () => {
    const site = byId("site").value, rule = byId("rule").value, most = Number(byId("most").value) / 100;
    byId("most-said").textContent = most.toFixed(2);
    for (const card of cards) {
      let any = false;
      for (const block of card.querySelectorAll(".block")) {
        const isMarked = block.dataset.fate !== "kept";
        const sure = block.dataset.confidence === "" ? null : Number(block.dataset.confidence);
        const fits = (!rule || block.dataset.rule === rule) && (sure === null ? most >= 1 : sure <= most);
        block.hidden = isMarked && !fits;
        any = any || (isMarked && fits);
      }
      const isNarrow = rule !== "" || most < 1;
      card.hidden = (site !== "" && card.dataset.site !== site) || (isNarrow && !any);
    }
    tell();
  };

  const view = (name) => { byId("view-" + name).checked = true; tell(); };
  const save = () => {
    const found = Object.entries(labels).map(([id, label]) => {
      const block = data.blocks[id];
      const beside = block.beside ? data.blocks[block.beside].text : "";
      return { ...data.articles[block.article], ...block, beside, label };
    });
    const file = { format: data.format, version: 1, sheet: data.sheet, snapshot: data.snapshot, labels: found };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1) + "\n"], { type: "application/json" }));
    link.download = "labels-" + data.sheet + ".json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(found.length + " labels exported: cleancopy review import " + link.download);
  };

  const KEYS = {
    j: () => go(1, false), k: () => go(-1, false), n: () => go(1, true), p: () => go(-1, true),
    a: () => judge("accept"), r: () => judge("reject"), u: () => judge(""),
    b: () => view(byId("view-before").checked ? "after" : "before"),
    1: () => view("marked"), 2: () => view("before"), 3: () => view("after"),
    e: () => { if (Object.keys(labels).length) save(); else say("nothing labelled yet"); },
    f: () => byId("site").focus(), "?": () => { const keys = byId("keys"); keys.open = !keys.open; },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const tag = event.target.tagName;
    if (event.key === "Escape" && (tag === "SELECT" || tag === "INPUT")) { event.target.blur(); return; }
    if (tag === "SELECT" || tag === "INPUT") return;
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
    if (act) { event.preventDefault(); act(); }
  });

  for (const id of ["site", "rule", "most"]) {
    for (const kind of ["input", "change"]) byId(id).addEventListener(kind, filter);
  }
  for (const name of ["marked", "before", "after"]) byId("view-" + name).addEventListener("change", tell);
  byId("export").addEventListener("click", save);
  document.querySelector("form.bar").addEventListener("submit", (event) => event.preventDefault());
  labels = Object.fromEntries(Object.entries(recall()).filter(([id]) => Object.hasOwn(data.blocks, id)));
  blocks.forEach(show);
  document.documentElement.classList.add("scripted");
  filter();
})();
