"use strict";
(() => {
  const form = document.querySelector("search");
  if (!form) return;
  const input = form.querySelector("[type=search]");
  const checkboxes = [...form.querySelectorAll("[type=checkbox]")];
  const output = form.querySelector("output");
  const items = [...document.querySelectorAll("#findings li")].map((li) => ({
    li,
    severity: li.dataset.severity,
    text: li.textContent.toLowerCase(),
  }));
  const applyFilter = () => {
    const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(checkboxes.filter((checkbox) => checkbox.checked).map((checkbox) => checkbox.value));
    let shown = 0;
    for (const item of items) {
      const matches = levels.has(item.severity) && terms.every((term) => item.text.includes(term));
      if (item.li.hidden === matches) item.li.hidden = !matches;
      shown += matches;
    }
    output.textContent = `${shown} of ${items.length} shown`;
  };
  form.hidden = false;
  form.addEventListener("input", applyFilter);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== input && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      input.focus();
    }
  });
  applyFilter();
})();
