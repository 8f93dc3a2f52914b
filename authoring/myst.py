"""MyST Markdown as the site reads it: tokens, with directives opened.

Nothing here knows of editions or rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

# Their body is not MyST; every other directive's is.
VERBATIM = {
    "bibliography",
    "code",
    "code-block",
    "code-cell",
    "literalinclude",
    "math",
    "raw",
    "toctree",
}

# What a passage is when it stands in one of these.
_CONTAINERS = {
    "blockquote": "quote",
    "dd": "item",
    "dt": "item",
    "heading": "heading",
    "list_item": "item",
    "td": "table",
    "th": "table",
}

_DIRECTIVE = re.compile(r"\{([\w:.-]+)\}\s*(.*)")
_OPTION = re.compile(r":([\w-]+):(?:\s+(.*))?$")
_ROLE_TARGET = re.compile(r"<([^<>]+)>$")


@dataclass(frozen=True)
class Directive:
    """A fenced block whose info string is ``{name} argument``."""

    name: str
    argument: str
    options: dict[str, str]
    body: str


@dataclass(frozen=True)
class Passage:
    """Words that stand together: a heading, a paragraph, a table's cell, a title.

    `kind` is ``heading``, ``item``, ``paragraph``, ``quote``, ``table`` or ``title``.
    """

    kind: str
    tokens: tuple[Token, ...]

    @property
    def words(self) -> str:
        """Its words, with a space in the place of code, formulas and roles."""
        return "".join(_word(token) for token in self.tokens)


def _word(token: Token) -> str:
    if token.type in ("text", "text_special"):
        return token.content
    return "" if token.type.endswith(("_open", "_close")) else " "


@cache
def _parser() -> MarkdownIt:
    extensions = {"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"}
    parser = create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)
    # Leaves an escaped character in a token of its own, apart from one that failed to be markup.
    return parser.disable("text_join")


def walk(source: str) -> Iterator[Token | Directive]:
    """Yield the block tokens of a text, and what stands in its directives after each."""
    for token in _parser().parse(source):
        directive = _as_directive(token)
        if directive is None:
            yield token
            continue
        yield directive
        if directive.name not in VERBATIM:
            yield from walk(directive.body)


def _as_directive(token: Token) -> Directive | None:
    match = _DIRECTIVE.fullmatch(token.info.strip())
    if token.type not in ("fence", "colon_fence") or match is None:
        return None
    options, body = _split_options(token.content)
    return Directive(match[1], match[2].strip(), options, body)


def _split_options(content: str) -> tuple[dict[str, str], str]:
    lines = content.splitlines()
    options = {}
    while lines and (match := _OPTION.match(lines[0])):
        options[match[1]] = match[2] or ""
        lines.pop(0)
    return options, "\n".join(lines)


def role_target(content: str) -> str:
    """What a role points at: the address in ``words <address>``, or all of it."""
    match = _ROLE_TARGET.search(content)
    return match[1] if match else content


def passages(source: str) -> Iterator[Passage]:
    """Yield what a text says, passage by passage, that of its directives included."""
    kinds = ["paragraph"]
    for item in walk(source):
        if isinstance(item, Directive):
            for title in (item.argument, *(item.options.get(o, "") for o in ("alt", "caption"))):
                yield Passage("title", inline(title))
            continue
        container, _, edge = item.type.rpartition("_")
        if container in _CONTAINERS and edge == "open":
            kinds.append(_CONTAINERS[container])
        elif container in _CONTAINERS and edge == "close":
            kinds.pop()
        elif item.type == "inline":
            yield Passage(kinds[-1], tuple(item.children or ()))


def inline(text: str) -> tuple[Token, ...]:
    """The tokens of a line of text."""
    return tuple(child for token in _parser().parseInline(text) for child in token.children or ())
