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
        for (const field of ["title", "text"]) {
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

  const saturated = (hits) => hits / (hits + 2);

  function find(query, pages) {
    const wanted = terms(query, pages);
    const results = [];
    if (!wanted.length) return results;
    for (const page of pages) {
      const scored = page.sections.map((section, i) => {
        const perTerm = wanted.map((term) => {
          const title = frequency(section, "title", term);
          const text = frequency(section, "text", term);
          return { title, text, score: text && saturated(text) + (title ? (i ? 1.5 : 6) : 0) };
        });
        perTerm.forEach((t) => (t.score ||= t.title ? (i ? 1.5 : 6) : 0));
        return { section, perTerm, score: perTerm.reduce((sum, t) => sum + t.score, 0) };
      });
      const all = wanted.every((_, k) => scored.some((s) => s.perTerm[k].score > 0));
      if (!all) continue;
      const hits = wanted.map((_, k) => scored.reduce((n, s) => n + s.perTerm[k].text, 0));
      const titled = scored.reduce((sum, s, i) => sum + s.perTerm.reduce((n, t) => n + (t.title ? (i ? 1.5 : 6) : 0), 0), 0);
      const score = titled + hits.reduce((sum, n) => sum + 4 * (n / (n + 8)), 0);
      const sections = scored.filter((s) => s.score > 0).sort((a, b) => b.score - a.score);
      results.push({ page, score, sections: sections.slice(0, 3).map((s) => s.section) });
    }
    results.wanted = wanted;
    return results.sort((a, b) => b.score - a.score);
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

  async function run() {
    const box = document.getElementById("search-results");
    const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
    document.querySelectorAll("input[name=q]").forEach((input) => (input.value = query));
    if (!query) return;
    const answer = await fetch(box.dataset.index);
    const results = find(query, prepare(await answer.json()));
    show(results, box.querySelector("ol"));
    box.querySelector("[role=status]").textContent = results.length
      ? box.dataset.found.replace("%s", results.length)
      : box.dataset.none;
    box.dataset.done = "yes";
  }
  run();
})();
