// Cells that run where they stand. The worker starts at the first press of a button; what a reader
// changes is kept in the browser, for both editions together. KOREAN and VERSION stand before (live.py).
(() => {
  const korean = document.documentElement.lang === "ko";
  const say = (text, ...values) =>
    values.reduce((line, value) => line.replace(/%[sd]/, value), (korean && KOREAN[text]) || text);
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const source = document.currentScript.src;

  const store = {
    get(key) {
      try {
        return localStorage.getItem(key);
      } catch {
        return null; // a browser that forgets still runs cells
      }
    },
    set(key, value) {
      try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
      } catch {
        // the same
      }
    },
  };

  // --- Exercises that were solved, beside the chapters and below this one's title.
  function showSolved() {
    for (const link of document.querySelectorAll("a[data-exercises]")) {
      const all = link.dataset.exercises.split(" ");
      const solved = all.filter((name) => store.get(`solved:${link.dataset.page}:${name}`)).length;
      const words = say("Exercises solved: %d of %d", solved, all.length);
      const done = solved === all.length ? "✓ " : "";
      link.querySelector(".solved")?.remove();
      if (!solved) continue;
      const mark = make("span", { className: "solved", textContent: done || `${solved}/${all.length}`, title: words });
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", words);
      link.append(mark);
      if (!link.matches("[aria-current]")) continue;
      const line = document.querySelector("p.solved") ?? make("p", { className: "solved" });
      line.textContent = done + words;
      document.querySelector("h1").after(line);
    }
  }
  addEventListener("storage", showSolved);
  showSolved();

  const about = document.getElementById("live");
  if (!about) return;
  const { page, lacking, needs } = JSON.parse(about.textContent);

  // --- Highlighting while a cell is edited, with the classes that Pygments gave the page.
  const words = (text) => new Set(text.split(" "));
  const KEYWORDS = words(
    "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield",
  );
  const CONSTANTS = words("True False None");
  const BUILTINS = words(
    "abs all any bool bytes callable chr complex dict dir divmod enumerate filter float format getattr hasattr hash help id input int isinstance iter len list map max min next object open ord pow print property range repr reversed round set slice sorted str sum super tuple type vars zip",
  );
  const TOKEN =
    /(?<comment>#.*)|(?<prefix>\b[rbuf]{1,2})?(?<string>"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?|\.\d[\d_]*(?:e[+-]?\d+)?)j?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<operator>[-+*\/%@&|^~<>=!.]+)/giu;
  function kindOf({ comment, string, number, name }, before) {
    if (comment) return "c1";
    if (string) return "s2";
    if (number) return "mi";
    if (!name) return "o";
    if (/^__\w+__$/.test(name)) return "vm";
    if (/\.\s*$/.test(before)) return "n";
    if (/\bdef\s+$/.test(before)) return "nf";
    if (/\bclass\s+$/.test(before)) return "nc";
    return KEYWORDS.has(name) ? "k" : CONSTANTS.has(name) ? "kc" : BUILTINS.has(name) ? "nb" : "n";
  }

  function highlight(code) {
    const pieces = document.createDocumentFragment();
    const put = (className, ...content) => {
      const span = make("span", { className });
      span.append(...content);
      pieces.append(span);
    };
    let at = 0;
    for (const token of code.matchAll(TOKEN)) {
      put("p", code.slice(at, token.index));
      at = token.index + token[0].length;
      const kind = kindOf(token.groups, code.slice(0, token.index));
      // What stands in the braces of an f-string is code.
      const parts = /f/i.test(token.groups.prefix) ? token[0].split(/(\{(?:[^{}]|\{[^{}]*\})+\})/) : [token[0]];
      parts.forEach((text, i) => {
        const [, value, format] = (i % 2 && text.match(/^\{(.*?)((?::[^[\]()"']*)?)\}$/s)) || [];
        if (value) put("si", "{", highlight(value), make("span", { className: kind, textContent: format }), "}");
        else put(kind, text);
      });
    }
    put("p", code.slice(at));
    return pieces;
  }

  // --- Cells
  class Cell {
    constructor(box, number) {
      this.box = box;
      this.number = number;
      this.input = box.querySelector(".cell_input");
      this.pre = this.input.querySelector("pre");
      this.asPrinted = [...this.pre.childNodes];
      this.code = this.original = this.pre.textContent.replace(/\n$/, "");
      this.committed = box.querySelector(".cell_output");
      this.key = `edit:${page}:${box.id}`;
      const bar = make("div", { className: "live-bar" });
      // A press would end the editing, move the page, and let go beside the button.
      bar.addEventListener("mousedown", (event) => event.preventDefault());
      this.note = make("span", { className: "live-note" });
      this.note.setAttribute("role", "status");
      if (needs[box.id]) {
        this.note.textContent = say("Needs %s, which does not run on a page.", needs[box.id]);
        bar.append(this.note);
      } else {
        this.runs = true;
        this.runButton = this.button(bar, "Run", () => (this.stops ? stop() : ask(this)));
        this.editButton = this.button(bar, "Edit", () => this.edit());
        this.resetButton = this.button(bar, "Reset", () => this.reset());
        bar.append(this.note);
        this.change(store.get(this.key) ?? this.original);
        this.pre.addEventListener("click", (event) => {
          const selects = !getSelection().isCollapsed;
          if (!selects && matchMedia("(pointer: fine)").matches) this.edit(offsetAt(this.pre, event));
        });
        if (this.solved()) this.say("Solved", "same");
      }
      this.input.append(bar);
    }

    button(bar, word, act) {
      const button = make("button", { type: "button", onclick: act });
      this.label(button, word);
      bar.append(button);
      return button;
    }

    label(button, word) {
      button.textContent = say(word);
      button.className = `live-${word.toLowerCase()}`;
      button.setAttribute("aria-label", say("%s, cell %d", say(word), this.number));
    }

    say(text, kind = "", ...values) {
      this.note.className = `live-note ${kind}`;
      this.note.textContent = say(text, ...values);
    }

    solved() {
      const name = this.box.matches(".tag_exercise") && this.original.match(/exercises\.check\("(\w+)"/)?.[1];
      return name && store.get(`solved:${page}:${name}`);
    }

    get edited() {
      return this.code !== this.original;
    }

    change(code) {
      this.code = code;
      this.pre.replaceChildren(...(this.edited ? [highlight(code), "\n"] : this.asPrinted));
      store.set(this.key, this.edited ? code : null);
      this.resetButton.hidden = !this.edited;
      this.box.classList.toggle("live-edited", this.edited);
    }

    reset() {
      this.editor?.remove();
      this.change(this.original);
      this.output?.remove();
      this.say("");
      this.editButton.focus();
    }

    edit(caret) {
      if (this.editor?.isConnected) return this.editor.focus();
      const editor = make("textarea", { className: "live-editor", value: this.code, rows: 1, spellcheck: false });
      for (const name of ["autocapitalize", "autocomplete", "autocorrect"]) editor.setAttribute(name, "off");
      const words = "Code of cell %d. Shift+Enter runs it, Escape leaves it.";
      editor.setAttribute("aria-label", say(words, this.number));
      editor.addEventListener("input", () => this.change(editor.value));
      editor.addEventListener("keydown", (event) => this.pressed(event));
      editor.addEventListener("blur", () => editor.remove());
      this.editor = editor;
      this.pre.before(editor);
      editor.setSelectionRange(caret ?? 0, caret ?? 0);
      editor.focus({ preventScroll: caret !== undefined });
    }

    pressed(event) {
      if (event.isComposing) return; // Korean is being typed: the key is the input method's
      const insert = (text) => document.execCommand("insertText", false, text); // keeps undo
      const { value, selectionStart: from, selectionEnd: to } = this.editor;
      const start = value.lastIndexOf("\n", from - 1) + 1;
      const line = value.slice(start, from);
      if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) ask(this);
      else if (event.key === "Escape") this.editButton.focus();
      else if (event.key === "Enter") insert("\n" + line.match(/^ */)[0] + (/:\s*$/.test(line) ? "    " : ""));
      else if (event.key === "Tab" && from === to && !event.shiftKey) insert("    ");
      else if (event.key === "Tab") this.shift(start, to, event.shiftKey, insert);
      else return;
      event.preventDefault();
    }

    // Move whole lines four spaces to the right or left.
    shift(start, to, left, insert) {
      const lines = this.editor.value.slice(start, to);
      const moved = left ? lines.replace(/^ {1,4}/gm, "") : lines.replace(/^/gm, "    ");
      if (moved === lines) return;
      this.editor.setSelectionRange(start, to);
      insert(moved);
      this.editor.setSelectionRange(start, start + moved.length);
    }

    // --- What came of a run
    begin() {
      this.printed = "";
      this.output?.remove();
      this.output = make("div", { className: "cell_output live-output" });
      this.output.setAttribute("role", "group");
      this.output.setAttribute("aria-label", say("Output of your run"));
      this.text = make("pre");
      this.say("Running…", "busy");
    }

    print(text) {
      this.printed += text;
      this.text.textContent = this.printed;
      if (!this.text.isConnected) this.show(this.text);
    }

    show(...elements) {
      this.output.append(...elements);
      if (!this.output.isConnected) (this.committed ?? this.input).after(this.output);
    }

    async finish(result, pressed) {
      const { error, needs: need, html, text = "", figures, cut, exercise } = result;
      if (!html && text) this.print(text + "\n");
      if (cut) this.print(`\n${say("… %s more characters", cut.toLocaleString())}`);
      if (html) this.show(Object.assign(make("div", { className: "output text_html" }), { innerHTML: html }));
      figures.forEach((svg, i) => this.show(picture(svg, this.committed?.querySelectorAll("img")[i]?.alt)));
      if (error) this.show(make("pre", { className: "live-error", textContent: error }));
      // Who has no mouse scrolls what is focused.
      for (const part of this.output.querySelectorAll("pre"))
        if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight) part.tabIndex = 0;
      if (error) return this.say("Error", "differs");
      if (need) return this.say("Needs %s, which does not run on a page.", "", need);
      const verdict = await this.compare(html, figures);
      if (exercise?.passed && this.box.matches(".tag_exercise")) {
        store.set(`solved:${page}:${exercise.name}`, "1");
        showSolved();
        this.say("Solved", "same");
      } else if (verdict === "nothing") this.say("Ran without output");
      else if (verdict === "drawn") this.say("Drawn here, by another Matplotlib");
      else if (verdict === "differs" && !this.edited && /RuntimeWarning/.test(this.committed?.textContent))
        this.say("Differs: NumPy cannot warn in a browser, so warnings are not judged", verdict);
      else this.say(verdict === "same" ? "Same as printed" : "Differs from what is printed", verdict);
      // What stands above ran on the way: where it says the same, it need not say it twice.
      if (!pressed && verdict === "same") this.output.remove();
      if (pressed && this.output.isConnected) openFolds(this.output);
    }

    async compare(html, figures) {
      const before = this.committed ?? make("div");
      const end = (text) => text.replace(/\n+$/, "");
      const texts = [...before.querySelectorAll(".output.stream pre, .output.text_plain pre")];
      const printed = texts.map((pre) => end(pre.textContent)).join("\n");
      const table = (root) => root.querySelector(".text_html")?.textContent ?? "";
      const pictures = [...before.querySelectorAll("img")];
      if (end(this.printed) !== printed || table(before) !== table(this.output)) return "differs";
      if (pictures.length !== figures.length) return "differs";
      const files = await Promise.all(pictures.map(async (image) => (await fetch(image.src)).text()));
      if (files.some((file, i) => file.trim() !== figures[i].trim())) return "drawn";
      return printed || pictures.length || html ? "same" : "nothing";
    }
  }

  function picture(svg, alt = "") {
    return make("img", { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`, alt });
  }

  function openFolds(element) {
    for (let fold = element; (fold = fold.parentElement?.closest("details")); ) fold.open = true;
  }

  function offsetAt(pre, { clientX: x, clientY: y }) {
    const place = document.caretPositionFromPoint?.(x, y);
    if (!place || !pre.contains(place.offsetNode)) return 0;
    const range = document.createRange();
    range.setStart(pre, 0);
    range.setEnd(place.offsetNode, place.offset);
    return range.toString().length;
  }

  // --- One worker for the page, cells in turn
  const cells = [...document.querySelectorAll("div.cell")]
    .map((box, i) => [box, i + 1])
    .filter(([box]) => box.querySelector(".cell_input pre") && !box.querySelector(".explorable"))
    .map(([box, number]) => new Cell(box, number));
  const ran = new Map(); // a cell, and its code when it ran
  let worker, current, waiting, asked = [];

  function start() {
    worker = new Worker(new URL(`live/live_worker.js?v=${VERSION}`, source), { type: "module" });
    worker.onmessage = ({ data }) => heard(data);
    worker.onerror = (event) => heard({ failed: event.message ?? "" });
  }

  function heard({ loading, version, began, printed, result, failed }) {
    if (!current) return;
    if (loading) waiting.say("Loading %s…", "busy", version ? `${loading} ${version}` : loading);
    if (began) sayRunning();
    if (printed) current.print(printed);
    if (result) current.settle(result);
    if (failed !== undefined) {
      stop();
      waiting.say("Python could not be loaded: %s", "differs", failed);
    }
  }

  function sayRunning() {
    if (current === waiting) waiting.say("Running…", "busy");
    else waiting.say("Running cell %d, which stands above…", "busy", current.number);
  }

  async function execute(cell) {
    if (!worker) start();
    current = cell;
    cell.begin();
    if (cell !== waiting) cell.say("");
    sayRunning();
    const { code } = cell;
    const result = await new Promise((settle) => {
      cell.settle = settle;
      worker.postMessage({ cell: cell.number, code, lacking });
    });
    current = undefined;
    if (!result) return false;
    ran.set(cell, code);
    await cell.finish(result, cell === waiting);
    return !result.error || cell.box.matches(".tag_raises-exception");
  }

  // The cells above first, each once, and again if it was edited since.
  async function run(cell) {
    waiting = cell;
    for (const above of cells.slice(0, cells.indexOf(cell))) {
      if (!above.runs || ran.get(above) === above.code) continue;
      if (await execute(above)) continue;
      if (ran.has(above)) cell.say("Cell %d, which stands above, raised an error.", "differs", above.number);
      return;
    }
    await execute(cell);
  }

  async function ask(cell) {
    if (location.protocol === "file:")
      return cell.say("Cells run when the folder is served: python -m http.server in the folder of the site, then open http://localhost:8000");
    if (asked.includes(cell)) return;
    asked.push(cell);
    cell.stops = true;
    cell.label(cell.runButton, "Stop");
    cell.say(asked.length > 1 ? "Waiting for its turn" : "Starting…", "busy");
    if (asked.length > 1) return;
    while (asked.length) {
      await run(asked[0]);
      free(asked.shift());
    }
  }

  function free(cell) {
    if (!cell) return;
    cell.stops = false;
    cell.label(cell.runButton, "Run");
  }

  // The only way to end a loop that does not end by itself is to end the worker.
  function stop() {
    worker?.terminate();
    worker = undefined;
    ran.clear();
    const [first, ...others] = asked;
    others.forEach((cell) => (free(cell), cell.say("")));
    asked = first ? [first] : [];
    current?.settle(null);
    first?.say("Stopped. The next run starts from the top.");
  }
})();
