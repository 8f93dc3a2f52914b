"""Rules for what pages say. Each takes a page and yields what it finds, cell by cell."""

import re
from collections.abc import Callable, Iterator

from authoring.myst import Directive, Passage, inline, passages, walk
from authoring.pages import Cell, Page
from authoring.terms import banned_variants

Rule = Callable[[Page], Iterator[str]]

HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")

# What an English page may say in Korean: a marked quotation, a link to the Korean edition.
_KOREAN_ON_PURPOSE = re.compile(
    r'<(\w+) [^>]*lang="ko"[^>]*>.*?</\1>|\[[^\]]*\]\([^)]*\bko/[^)]*\)', re.DOTALL
)
_QUOTED = re.compile(r"\([^()]*\)|“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|\"[^\"]*\"|'[^']*'")
_SENTENCE_END = re.compile(r"(\S+?)[.?!:]+(?=\s|$)")
_CASUAL = re.compile(r"[해돼예에아어여와워져려겨켜봐줘네군지데라서걸게래]요$|죠$")
_UNDERSCORED = re.compile(r"_[^_\s]+_[가-힣]")


def said(cell: Cell) -> Iterator[Passage]:
    """What a cell says: its text, or its figure's caption and alternative text."""
    if cell.kind == "markdown":
        yield from passages(cell.source)
    else:
        for text in cell.words().values():
            yield Passage("title", inline(text))


def _around(text: str, position: int) -> str:
    return " ".join(text[max(0, position - 20) : position + 20].split())


def no_literal_markup(page: Page) -> Iterator[str]:
    """Emphasis that did not become emphasis, formulas that did not become formulas.

    CommonMark does not close ``**소프트맥스(softmax)**는``: an emphasis that ends in
    punctuation, a bracket, a backtick or a dollar cannot be followed by a letter.
    """
    for cell in page.cells:
        for passage in said(cell):
            text = "".join(t.content if t.type == "text" else "\0" for t in passage.tokens)
            for mark in re.finditer(r"[*$]|" + _UNDERSCORED.pattern, text):
                yield (
                    f"cell `{cell.id}`: `{mark[0][0]}` would be printed near "
                    f"{_around(text, mark.start())!r}; "
                    "let the emphasis end in a letter, a gloss stand outside it"
                )


def canonical_terms(page: Page) -> Iterator[str]:
    """Names that the book does not use, except beside its own, in brackets or quotes."""
    if page.edition != "ko" or page.name == "glossary.md":
        return
    for cell in page.cells:
        text = _unquoted("\n".join(passage.words for passage in said(cell)))
        for variant, term in banned_variants(text):
            yield f"cell `{cell.id}`: write {term}, not {variant} (chapters/terms.json)"


def english_without_korean(page: Page) -> Iterator[str]:
    """Hangul in the English edition, except in the glossary and where it is marked."""
    if page.edition != "en" or page.name == "glossary.md":
        return
    for cell in page.cells:
        source = cell.source if cell.kind == "markdown" else ""
        text = "\n".join([_KOREAN_ON_PURPOSE.sub("", source), *cell.words().values()])
        if match := HANGUL.search(text):
            yield (
                f"cell `{cell.id}`: Korean in an English page: {_around(text, match.start())!r}; "
                'quote Korean as <span lang="ko">…</span>'
            )


def formal_korean(page: Page) -> Iterator[str]:
    """Sentences of Korean paragraphs that end neither in -ㅂ니다 nor in its company."""
    if page.edition != "ko":
        return
    for cell in page.text_cells():
        for passage in passages(cell.source):
            if passage.kind == "paragraph":
                for ending in _informal_endings(_without_propositions(passage)):
                    yield f"cell `{cell.id}`: the sentence that ends in {ending!r} is not 합니다체"


def _without_propositions(passage: Passage) -> str:
    """Its words without bold sentences: a proposition stands in plain style in Korean too."""
    text, start = "", 0
    for token in passage.tokens:
        if token.type == "strong_open":
            start = len(text)
        elif token.type == "strong_close" and text.endswith((".", "?", "!")):
            text = text[:start]
        text += Passage("", (token,)).words
    return text


def _unquoted(text: str) -> str:
    while (unquoted := _QUOTED.sub("", text)) != text:
        text = unquoted
    return text


def _informal_endings(text: str) -> Iterator[str]:
    for match in _SENTENCE_END.finditer(_unquoted(text)):
        word = match[1]
        plain = word.endswith("다") and not _is_formal(word)
        if plain or _CASUAL.search(word):
            yield match[0]


def _is_formal(word: str) -> bool:
    """Whether a word ends in -ㅂ니다 or -ㅂ시다."""
    if len(word) < 3 or word[-2:] not in ("니다", "시다"):
        return False
    bieup, finals = 17, 28
    return (ord(word[-3]) - ord("가")) % finals == bieup


def figures_have_alternative_text(page: Page) -> Iterator[str]:
    """Pictures that say nothing to those who cannot see them, or say it in another language."""
    for cell in page.cells:
        for alternative in _alternative_texts(cell):
            if not alternative.strip():
                where = "mystnb.image.alt" if cell.kind == "code" else "the image"
                yield f"cell `{cell.id}`: a figure has no alternative text; write {where}"
            elif page.edition == "ko" and not HANGUL.search(alternative):
                yield f"cell `{cell.id}`: the alternative text is not Korean: {alternative!r}"


def _alternative_texts(cell: Cell) -> Iterator[str]:
    if cell.kind == "code":
        if any(output.is_figure for output in cell.results):
            yield cell.words().get("mystnb.image.alt", "")
        return
    for item in walk(cell.source):
        if isinstance(item, Directive):
            if item.name in ("figure", "image"):
                yield item.options.get("alt", "")
        else:
            for token in item.children or ():
                if token.type == "image":
                    yield token.content


RULES: tuple[Rule, ...] = (
    no_literal_markup,
    canonical_terms,
    english_without_korean,
    formal_korean,
    figures_have_alternative_text,
)
