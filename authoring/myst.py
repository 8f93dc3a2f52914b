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


def inline(source: str) -> Iterator[Token]:
    """Yield the inline tokens of a text, those in directives too."""
    for item in walk(source):
        if isinstance(item, Token):
            yield from item.children or ()


def role_target(content: str) -> str:
    """What a role points at: the address in ``words <address>``, or all of it."""
    match = _ROLE_TARGET.search(content)
    return match[1] if match else content


def words(tokens: list[Token] | None) -> str:
    """The words of inline tokens, a space in the place of code, formulas and roles."""
    return "".join(
        token.content
        if token.type in ("text", "text_special")
        else ""
        if token.type.endswith(("_open", "_close"))
        else " "
        for token in tokens or ()
    )
