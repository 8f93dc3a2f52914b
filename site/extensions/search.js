// Finds in one edition's index (see search.py). Korean is matched inside words, after particles are
// taken off the query; English by stems, as Sphinx does it.
(() => {
  const PARTICLES =
    /(?:에서는|에서도|으로는|으로도|까지|부터|에서|에게|으로|처럼|보다|이란|이나|이라|라는|하고|마다|조차|만|은|는|이|가|을|를|의|에|와|과|도|로|란|나|이다|입니다|합니다|하다|하기|하는|되는|된|한)$/;
  const stemmer = new Stemmer();
  const stems = new Map();

  const joined = (text) => text.replace(/([가-힣])-(?=[가-힣])/g, "$1");
  const plain = (text) => joined(text.normalize("NFC").toLowerCase());

  function stem(word) {
    if (!stems.has(word)) stems.set(word, stemmer.stemWord(word));
    return stems.get(word);
  }

  // A noun without its particle, unless a single syllable were left that may be a word's end.
  function noun(word, occurs) {
    const bare = word.replace(PARTICLES, "");
    if (bare === word || !bare) return word;
    return bare.length > 1 || !occurs(word) ? bare : word;
  }

  function count(text, part) {
    let hits = 0;
    for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) hits += 1;
    return hits;
  }

  function prepare(pages) {
    for (const page of pages)
      for (const section of page.sections)
        for (const field of ["title", "text", "defined"]) {
          const text = plain(section[field]);
          const words = new Map();
          for (const word of text.match(/[a-z][a-z0-9_]*/g) ?? [])
            for (const part of new Set([word, ...word.split("_")]))
              words.set(stem(part), (words.get(stem(part)) ?? 0) + 1);
          section[`${field}Plain`] = text;
          section[`${field}Words`] = words;
        }
    return pages;
  }

  function terms(query, pages) {
    const occurs = (word) =>
      pages.some((page) => page.sections.some((s) => s.textPlain.includes(word)));
    return (plain(query).match(/[가-힣]+|[^\s가-힣"'(),.;:]+/g) ?? []).map((word) => {
      if (/^[가-힣]/.test(word)) return { part: noun(word, occurs) };
      return /^[a-z]+$/.test(word) ? { part: word, stem: stem(word) } : { part: word };
    });
  }

  // English by whole stems; anything else, and code such as log1p, wherever it occurs.
  function frequency(section, field, term) {
    if (!term.stem) return count(section[`${field}Plain`], term.part);
    const whole = section[`${field}Words`].get(term.stem) ?? 0;
    return whole || (term.part.length > 4 ? 0.5 * count(section[`${field}Plain`], term.part) : 0);
  }

  // What a page is about shows in its title, its headings and the terms it defines in bold.
  const WEIGHTS = { page: 6, heading: 1.5, announced: 4, defined: 3, often: 4, half: 8 };

  function scoreSection(section, isPage, term) {
    const titled = frequency(section, "title", term) ? (isPage ? WEIGHTS.page : WEIGHTS.heading) : 0;
    const inBold = frequency(section, "defined", term);
    const defined = inBold ? (isPage ? WEIGHTS.announced : WEIGHTS.defined) : 0;
    const hits = frequency(section, "text", term);
    return { hits, about: titled + defined, total: titled + defined + hits / (hits + 2) };
  }

  function find(query, pages) {
    const wanted = terms(query, pages);
    const results = [];
    for (const page of pages) {
      const scores = page.sections.map((section, i) =>
        wanted.map((term) => scoreSection(section, i === 0, term)),
      );
      const perTerm = wanted.map((_, k) => {
        const about = scores.reduce((sum, terms) => sum + terms[k].about, 0);
        const hits = scores.reduce((sum, terms) => sum + terms[k].hits, 0);
        return about + (WEIGHTS.often * hits) / (hits + WEIGHTS.half);
      });
      if (!wanted.length || perTerm.some((score) => score === 0)) continue;
      const sections = page.sections
        .map((section, i) => ({ section, total: scores[i].reduce((sum, t) => sum + t.total, 0) }))
        .filter(({ total }) => total > 0)
        .sort((a, b) => b.total - a.total)
        .slice(0, 3)
        .map(({ section }) => section);
      results.push({ page, sections, score: perTerm.reduce((a, b) => a + b) });
    }
    results.sort((a, b) => b.score - a.score);
    return Object.assign(results, { wanted });
  }

  // A piece of the text around the first hit, hits marked.
  function excerpt(section, wanted) {
    const text = joined(section.text.normalize("NFC"));
    const parts = wanted.map((term) => (term.stem && term.stem.length > 2 ? term.stem : term.part));
    const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(escaped.join("|"), "gi");
    const first = Math.max(0, text.search(pattern) - 50);
    const paragraph = document.createElement("p");
    const piece = text.slice(first, first + 160);
    let from = 0;
    if (first) paragraph.append("… ");
    for (const hit of piece.matchAll(pattern)) {
      paragraph.append(piece.slice(from, hit.index), Object.assign(document.createElement("mark"), { textContent: hit[0] }));
      from = hit.index + hit[0].length;
    }
    paragraph.append(piece.slice(from), first + 160 < text.length ? " …" : "");
    return paragraph;
  }

  function show(results, list) {
    for (const { page, sections } of results) {
      const item = document.createElement("li");
      item.append(link(page.page, page.sections[0].title));
      for (const section of sections) {
        if (section.anchor) item.append(link(`${page.page}#${section.anchor}`, section.title));
        item.append(excerpt(section, results.wanted));
      }
      list.append(item);
    }
  }

  function link(href, text) {
    return Object.assign(document.createElement("a"), { href, textContent: text });
  }

  function run() {
    const box = document.getElementById("search-results");
    const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
    document.querySelectorAll("input[name=q]").forEach((input) => (input.value = query));
    if (!query) return;
    const results = find(query, prepare(PAGES));
    show(results, box.querySelector("ol"));
    box.querySelector("[role=status]").textContent = results.length
      ? box.dataset.found.replace("%s", results.length)
      : box.dataset.none;
    box.dataset.done = "yes";
  }
  run();
})();
