/** The page works without it; it filters, folds, and unfolds everything for print. */
export const SCRIPT = `
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const tools = document.querySelector(".tools");
  const filter = document.getElementById("filter");
  const matches = document.getElementById("matches");
  const entries = all(".entry");
  const folds = all("details");
  if (folds.length === 0) return;
  tools.hidden = false;
  let texts;
  let timer;
  const apply = () => {
    const wanted = filter.value.trim().toLowerCase();
    texts ??= entries.map((entry) => entry.textContent.toLowerCase());
    let shown = 0;
    entries.forEach((entry, index) => {
      const hit = texts[index].includes(wanted);
      entry.hidden = !hit;
      if (hit) shown++;
    });
    if (wanted !== "") for (const list of all("details.long")) list.open = true;
    matches.textContent = wanted === "" ? "" : shown + " of " + entries.length;
  };
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
  const setAll = (open) => {
    for (const fold of folds) fold.open = open;
  };
  document.getElementById("unfold").addEventListener("click", () => setAll(true));
  document.getElementById("fold").addEventListener("click", () => setAll(false));
  let before = [];
  addEventListener("beforeprint", () => {
    before = folds.filter((fold) => !fold.open);
    setAll(true);
  });
  addEventListener("afterprint", () => {
    for (const fold of before) fold.open = false;
  });
})();
`;
