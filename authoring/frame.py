"""Rules for how pages are built: a title, sections in order, exercises with solutions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from authoring.myst import Directive, Passage, passages, walk
from authoring.pages import Page
from authoring.predictions import FENCED

# The sections that every chapter has, in this order, with the chapter's own after the first.
FRAME = {
    "ko": ("이 장에서 할 일", "정리", "연습문제", "실전에서", "더 읽을거리"),
    "en": (
        "What you will do, learn and need",
        "Recap",
        "Exercises",
        "In practice",
        "Further reading",
    ),
}
GOALS = range(3, 7)
EXERCISES = range(3, 7)
MOST_WORDS = {"ko": 2000, "en": 2600}
ONE_THING = {"ko": "하나만 기억한다면", "en": "If you remember one thing"}
BY_HAND, BY_CODE = "✍", "⌨"


@dataclass
class Section:
    """A heading and what stands under it, up to the next of any level."""

    level: int
    title: str
    cell: str
    bullets: int = 0
    directives: list[Directive] = field(default_factory=list)


def sections(page: Page) -> list[Section]:
    """A page's sections; the first, of level 0, holds what precedes every heading."""
    found = [Section(0, "", "")]
    for cell in page.text_cells():
        level = 0
        for item in walk(cell.source):
            if isinstance(item, Directive):
                found[-1].directives.append(item)
            elif item.type == "heading_open":
                level = int(item.tag[1])
            elif item.type == "list_item_open":
                found[-1].bullets += 1
            elif item.type == "inline" and level:
                title = Passage("heading", tuple(item.children or ())).words
                found.append(Section(level, " ".join(title.split()), cell.id))
                level = 0
    return found


def one_title(page: Page) -> Iterator[str]:
    """Pages that do not begin with a title, or have several."""
    first, *others = sections(page)[1:] or [Section(0, "", "")]
    if first.level != 1:
        yield "the page does not begin with a title (`# …`)"
    for section in others:
        if section.level == 1:
            yield f"cell `{section.cell}`: a second title, {section.title!r}; make it `## …`"


def headings_without_gaps(page: Page) -> Iterator[str]:
    """Headings more than one level below the one before."""
    found = sections(page)[1:]
    for before, section in pairwise(found):
        if section.level > before.level + 1:
            yield (
                f"cell `{section.cell}`: {section.title!r} has level {section.level} "
                f"under level {before.level}"
            )


def chapter_frame(page: Page) -> Iterator[str]:
    """Chapters without the book's sections, in their order, and steps between."""
    if not page.is_chapter:
        return
    titles = [section.title for section in sections(page) if section.level == 2]
    frame = list(FRAME[page.edition])
    missing = [title for title in frame if titles.count(title) != 1]
    if missing:
        yield f"the section {missing[0]!r} must be there once"
    elif titles[0] != frame[0] or titles[-4:] != frame[1:]:
        yield f"begin with {frame[0]!r} and end with {', '.join(map(repr, frame[1:]))}"
    elif len(titles) == len(frame):
        yield f"no section of its own between {frame[0]!r} and {frame[1]!r}"


def few_goals(page: Page) -> Iterator[str]:
    """Chapters whose first section has not three to six bullets."""
    if not page.is_chapter:
        return
    bullets = sum(s.bullets for s in _part(page, FRAME[page.edition][0]))
    if bullets not in GOALS:
        yield f"{FRAME[page.edition][0]!r} has {bullets} bullets; write three to six"


def something_to_predict(page: Page) -> Iterator[str]:
    """Chapters that show every result before the reader can guess one."""
    if page.is_chapter and not any("hide-output" in cell.tags for cell in page.code_cells()):
        yield "no cell has the tag hide-output; let the reader predict a result"


def exercises(page: Page) -> Iterator[str]:
    """Chapters without three to six exercises, by hand and by code."""
    if not page.is_chapter:
        return
    tasks = [d for s in _part(page, FRAME[page.edition][2]) for d in s.directives if _is_task(d)]
    if len(tasks) not in EXERCISES:
        yield f"{len(tasks)} exercises; write three to six"
    marks = [task.argument[:1] for task in tasks]
    for mark in (BY_HAND, BY_CODE):
        if mark not in marks:
            yield f"no exercise begins with {mark}"
    for task in tasks:
        if task.argument[:1] not in (BY_HAND, BY_CODE):
            yield f"the exercise {task.argument!r} begins neither with {BY_HAND} nor {BY_CODE}"


def folded_solutions(page: Page) -> Iterator[str]:
    """Exercises without a solution, solutions that are open."""
    directives = [d for section in sections(page) for d in section.directives]
    solutions = {d.argument: d for d in directives if d.name in ("solution", "solution-start")}
    for task in filter(_is_task, directives):
        label = task.options.get("label", "")
        if label not in solutions:
            yield f"the exercise {task.argument!r} has no solution; write :::{{solution}} {label}"
    for label, solution in solutions.items():
        if "dropdown" not in solution.options.get("class", ""):
            yield f"the solution of `{label}` is open; give it `:class: dropdown`"
    for cell in page.code_cells():
        if "solution" in cell.tags and not {"hide-cell", "hide-input"} & set(cell.tags):
            yield f"cell `{cell.id}`: a solution that is open; tag it hide-cell"


def short_main_line(page: Page) -> Iterator[str]:
    """Chapters whose open text, up to the exercises and without boxes, is long."""
    if not page.is_chapter:
        return
    words = 0
    for cell in page.text_cells():
        for passage in passages(FENCED.sub("", cell.source)):
            if passage.words.strip() == FRAME[page.edition][2]:
                break
            words += len(passage.words.split())
        else:
            continue
        break
    most = MOST_WORDS[page.edition]
    if words > most:
        yield f"the main line has {words} words; at most {most}: fold what is beside it"


def one_thing_to_remember(page: Page) -> Iterator[str]:
    """Chapters whose recap does not end in one line to remember."""
    if not page.is_chapter:
        return
    recap, last, inside = FRAME[page.edition][1], "", False
    for cell in page.text_cells():
        for passage in passages(cell.source):
            if passage.kind == "heading":
                inside = passage.words.strip() == recap
            elif inside:
                last = passage.words
    if ONE_THING[page.edition] not in last:
        yield (f"end the section {recap!r} with a line that begins {ONE_THING[page.edition]!r}")


def _is_task(directive: Directive) -> bool:
    return directive.name in ("exercise", "exercise-start")


def _part(page: Page, title: str) -> Iterator[Section]:
    """A section of level 2 and those under it."""
    inside = False
    for section in sections(page):
        if section.level <= 2:
            inside = section.title == title
        if inside:
            yield section


RULES = (
    one_title,
    headings_without_gaps,
    chapter_frame,
    few_goals,
    something_to_predict,
    exercises,
    folded_solutions,
    short_main_line,
    one_thing_to_remember,
)
