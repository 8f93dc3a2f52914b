// What every page does: language switch, landing page, copy buttons, boxes that scroll by keyboard.
window.DOCUMENTATION_OPTIONS = { search_as_you_type: false }; // read by the theme's script

(() => {
  // Sections further down are laid out when they come near (site.css). Where a scroll bar shows
  // the page's length, and before a jump or a print, they all are.
  const opened = () => delete document.documentElement.dataset.opening;
  addEventListener("hashchange", opened);
  addEventListener("beforeprint", opened);
  const jump = ({ target }) => {
    if (!target.closest("a[href^='#']")) return;
    opened();
    target.closest("dialog")?.close(); // the contents on a phone, which hide what they lead to
  };
  addEventListener("click", jump, true);
  addEventListener("load", (event) => {
    // The theme would measure every box now, for the focus, and so lay out the whole page at once;
    // the observer below measures a box when it is laid out.
    event.stopImmediatePropagation();
    if (matchMedia("(min-width: 992px)").matches) (window.requestIdleCallback ?? setTimeout)(opened);
  });

  // Light, dark or the system's choice. The theme's own switch differs from release to release.
  const page = document.documentElement.dataset;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    page.theme = page.mode === "auto" ? (dark.matches ? "dark" : "light") : page.mode;
  };
  dark.addEventListener("change", () => setTimeout(paint)); // after the theme's own listener
  document.querySelector(".mode-switch")?.addEventListener("click", () => {
    const modes = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    page.mode = modes[(modes.indexOf(page.mode) + 1) % 3];
    paint();
    remember("mode", page.mode);
  });

  const korean = document.documentElement.lang === "ko";

  function remember(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // a browser that forgets still shows the page
    }
  }

  function remembered(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  // A prediction's guess is kept, and stands beside the answer when that is opened.
  const file = location.pathname.match(/([^/]*?)(?:\.html)?$/)[1];
  document.querySelectorAll(".guess").forEach((line) => {
    const [cell, field] = [line.closest(".cell"), line.querySelector("input")];
    const name = `guess:${file}:${cell.id}`;
    const fold = cell.querySelector("details");
    const beside = document.createElement("p");
    beside.className = "guessed";
    field.value = remembered(name) ?? "";
    field.addEventListener("input", () => remember(name, field.value));
    fold.addEventListener("toggle", () => {
      beside.textContent = `${field.labels[0].textContent.trim()} ${field.value}`;
      if (fold.open && field.value.trim()) fold.querySelector("summary").after(beside);
      else beside.remove();
    });
    field.addEventListener("keydown", (event) => event.key === "Enter" && (fold.open = true));
  });

  // The same section of the other edition: sections come in the same order in both.
  function sectionInView(anchors) {
    const open = anchors.indexOf(decodeURIComponent(location.hash.slice(1)));
    const element = open > 0 && document.getElementById(anchors[open]);
    if (element && Math.abs(element.getBoundingClientRect().top) < innerHeight) return open;
    let last = 0;
    anchors.forEach((anchor, i) => {
      const section = i && document.getElementById(anchor);
      if (section && section.getBoundingClientRect().top < innerHeight / 3) last = i;
    });
    return last;
  }

  document.querySelectorAll(".language-switch, .landing-start").forEach((link) => {
    link.addEventListener("click", () => {
      remember("edition", link.dataset.edition ?? link.closest("[lang]").lang);
      const here = link.dataset.here?.split(" ") ?? [];
      const there = link.dataset.there?.split(" ") ?? [];
      link.hash = "";
      const section = here.length === there.length ? sectionInView(here) : 0;
      if (section > 0) link.hash = there[section];
    });
  });

  document.querySelectorAll("div.highlight > pre").forEach((code) => {
    const button = document.createElement("button");
    const say = (text) => (button.textContent = text);
    button.type = "button";
    button.className = "copy-code";
    say(korean ? "복사" : "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent.trimEnd());
      say(korean ? "복사했습니다" : "Copied");
      setTimeout(() => say(korean ? "복사" : "Copy"), 2000);
    });
    if (navigator.clipboard && code.closest(".cell_input, .highlight-python, .highlight-shell, .highlight-bibtex"))
      code.parentElement.append(button);
  });

  // A box that scrolls must be reachable by keyboard, one that does not must not take the focus.
  const mark = new ResizeObserver((entries) => {
    const scrolls = entries.map(({ target }) => target.scrollWidth > target.clientWidth);
    entries.forEach(({ target }, i) => {
      if (scrolls[i]) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    });
  });
  const boxes = document.querySelectorAll(
    ".formula, .bd-article span.math, .bd-article pre, .output, .pst-scrollable-table-container",
  );
  const markAll = () =>
    boxes.forEach((box) => {
      mark.unobserve(box); // to be told of its size anew
      mark.observe(box);
    });
  markAll();
  document.fonts.addEventListener("loadingdone", markAll); // the box keeps its width, formulas do not
})();
