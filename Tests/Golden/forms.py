"""Reads a report's HTML and its Markdown into the same parts: headings, texts, items, tables and pictures, in order."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What a part is, and its text; a table's rows are parts of their own.
Part = tuple[str, str]

HEADINGS = {"h1": "title", "h2": "section", "h3": "heading", "summary": "heading"}
MARKS = {"#": "title", "##": "section", "###": "heading", "####": "heading"}


def flat(text: str) -> str:
    """Markdown puts everything on one line."""
    return " ".join(text.split())


class Page(HTMLParser):
    """The parts of a page, and every element that it has."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Part] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self._text = ""
        self._row: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "meta":
            return
        self._open.append(tag)
        if tag != "span":
            self._text = ""
        if tag == "tr":
            self._row = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is not the last that was opened"
        text = flat(self._text)
        if tag in HEADINGS:
            self.parts.append((HEADINGS[tag], text))
        elif tag in ("p", "footer"):
            self.parts.append(("text", text))
        elif tag == "li":
            self.parts.append(("item", text))
        elif tag in ("td", "th"):
            self._row.append(text)
        elif tag == "tr":
            self.parts.append(("row", " | ".join(self._row)))
        elif tag == "dt":
            self._row = [text]
        elif tag == "dd":
            self.parts.append(("item", f"{self._row[0]}: {text}"))
        elif tag == "title" and self._open[-1] == "svg":
            self.parts.append(("picture", text))
        elif tag == "figcaption":
            self.parts.append(("text", text))


def page(text: str) -> list[Part]:
    return Page(text).parts


def markdown(text: str) -> list[Part]:
    """The parts of our Markdown: one a line."""

    def plain(escaped: str) -> str:
        return flat(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped))

    parts: list[Part] = []
    for line in text.splitlines():
        if not line:
            continue
        if heading := re.fullmatch(r"(#+) (.*)", line):
            parts.append((MARKS[heading[1]], plain(heading[2])))
        elif picture := re.fullmatch(r"!\[(.*)\]\([\w.-]+\)", line):
            parts.append(("picture", plain(picture[1])))
        elif line.startswith("|"):
            cells = [plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not all(re.fullmatch(r"-+:?", cell) for cell in cells):
                parts.append(("row", " | ".join(cells)))
        elif line.startswith("- "):
            parts.append(("item", plain(re.sub(r"^\*\*|\*\*$", "", line[2:]))))
        else:
            parts.append(("text", plain(line)))
    return parts
