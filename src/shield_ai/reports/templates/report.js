"use strict";
(() => {
  const bar = document.querySelector("search");
  if (!bar) return;
  const words = bar.querySelector("[type=search]");
  const boxes = [...bar.querySelectorAll("[type=checkbox]")];
  const count = bar.querySelector("output");
  const items = [...document.querySelectorAll("#findings li")].map((li) => ({
    li,
    severity: li.dataset.severity,
    text: li.textContent.toLowerCase(),
  }));
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const item of items) {
      const hit = levels.has(item.severity) && wanted.every((word) => item.text.includes(word));
      if (item.li.hidden === hit) item.li.hidden = !hit;
      shown += hit;
    }
    count.textContent = `${shown} of ${items.length} shown`;
  };
  bar.hidden = false;
  bar.addEventListener("input", filter);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== words && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      words.focus();
    }
  });
  filter();
})();
