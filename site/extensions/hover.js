// Shows beside a reference what it leads to: on hover, on focus, and at the first tap.
(() => {
  const here = document.documentElement.lang;
  const source = document.currentScript.src;
  const box = Object.assign(document.createElement("div"), { id: "hover", className: "hover", popover: "manual" });
  box.setAttribute("role", "tooltip");
  document.querySelector("main").append(box);
  const SHOWN = "div.math, div.citation, figure, tr, .admonition, .proof";
  let shown, timer;

  const scripts = {};
  function parts(page) {
    scripts[page] ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = new URL(`hover/${here}/${page}.js`, source);
      script.onload = script.onerror = resolve;
      document.head.append(script);
    }).then(() => window.HOVER?.[page] ?? {});
    return scripts[page];
  }

  async function target(link) {
    const name = decodeURIComponent(link.hash.slice(1));
    if (link.pathname === location.pathname) return document.getElementById(name)?.cloneNode(true);
    const page = link.pathname.match(/([^/]+)\.html$/)?.[1];
    const template = document.createElement("template");
    template.innerHTML = (await parts(page))[name] ?? "";
    return template.content.firstElementChild;
  }

  // A row of the glossary says its term and what it means.
  function inWords(element) {
    if (!element.matches("tr")) return [element];
    const [term, , meaning] = element.cells;
    const [head, text] = ["b", "p"].map((tag) => document.createElement(tag));
    head.append(...term.cloneNode(true).childNodes);
    text.append(...meaning.cloneNode(true).childNodes);
    return [head, text];
  }

  async function show(link) {
    const element = await target(link);
    if (link !== shown) return; // the reader has gone on
    if (!element?.matches(SHOWN)) return hide();
    element.querySelectorAll(".headerlink, script").forEach((part) => part.remove());
    // A copy is found, focused and counted nowhere.
    for (const part of [element, ...element.querySelectorAll("[id], [tabindex]")])
      ["id", "tabindex", "role"].forEach((name) => part.removeAttribute(name));
    box.replaceChildren(...inWords(element));
    link.setAttribute("aria-describedby", "hover");
    box.showPopover();
    place(link);
  }

  function place(link) {
    const { left, top, bottom } = link.getClientRects()[0];
    const { width, height } = box.getBoundingClientRect();
    const below = bottom + height + 8 < innerHeight || top < height + 8;
    box.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
    box.style.top = `${below ? bottom + 4 : top - height - 4}px`;
  }

  function hide() {
    clearTimeout(timer);
    shown?.removeAttribute("aria-describedby");
    shown = undefined;
    if (box.matches(":popover-open")) box.hidePopover();
  }

  function soon(link, wait) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (link === shown) return;
      hide();
      if (!link) return;
      shown = link;
      show(link);
    }, wait);
  }

  const links = document.querySelectorAll(".bd-article a.reference.internal[href*='#']");
  for (const link of links) {
    link.removeAttribute("title"); // the browser would show it besides
    link.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && soon(link, 250));
    link.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && soon(undefined, 250));
    link.addEventListener("focus", () => link.matches(":focus-visible") && soon(link, 0));
    link.addEventListener("blur", () => soon(undefined, 100));
    link.addEventListener("click", async (event) => {
      if (event.pointerType !== "touch" || link === shown) return hide();
      event.preventDefault(); // the first tap shows, the second goes
      hide();
      shown = link;
      await show(link);
      if (!shown) location.href = link.href;
    });
  }
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => soon(undefined, 250));
  addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  addEventListener("scroll", ({ target }) => target !== box && hide(), { capture: true, passive: true });
  addEventListener("pointerdown", ({ target }) => !box.contains(target) && target.closest?.("a") !== shown && hide());
})();
