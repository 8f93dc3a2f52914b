// Makes what is wider than the page as narrow as the page: formulas, tables, code.
(async () => {
  await document.fonts.ready;
  const boxes = "div.math .formula, .bd-article table, .bd-article pre";
  for (const box of document.querySelectorAll(boxes)) {
    const room = box.matches("table") ? box.parentElement.clientWidth : box.clientWidth;
    const asked = box.matches("table") ? box.offsetWidth : box.scrollWidth;
    if (asked <= room) continue;
    const inner = box.querySelector(":scope > .katex-display") ?? box;
    const size = parseFloat(getComputedStyle(inner).fontSize);
    inner.style.fontSize = `${(size * room * 0.99) / asked}px`;
  }
})();
