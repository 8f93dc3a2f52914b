// What every page does: language switch, landing page, copy buttons, boxes that scroll by keyboard.
window.DOCUMENTATION_OPTIONS = { search_as_you_type: false }; // read by the theme's script

(() => {
  const opened = () => delete document.documentElement.dataset.opening;
  addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(opened));
  addEventListener("hashchange", opened);
  addEventListener("beforeprint", opened);

  const korean = document.documentElement.lang === "ko";

  function remember(edition) {
    try {
      localStorage.setItem("edition", edition);
    } catch {
      // a browser that forgets still shows the page
    }
  }

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
      remember(link.dataset.edition ?? link.closest("[lang]").lang);
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
    if (navigator.clipboard && code.closest(".cell_input, .highlight-python, .highlight-shell"))
      code.parentElement.append(button);
  });

  // A box that scrolls must be reachable by keyboard, one that does not must not take the focus.
  const mark = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  document
    .querySelectorAll(".formula, .bd-article span.math, .bd-article pre, .output")
    .forEach((box) => mark.observe(box));
})();
