"""Building HTML so that nothing gets in unescaped: only what `element` made is taken as HTML."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

Child: TypeAlias = str | Iterable["Child"]

VOID = {"img", "input", "br", "hr", "meta", "link"}


class Html(str):
    """Markup that is safe to put into a page."""

    __slots__ = ()


def element(tag: str, *children: Child, **attributes: object) -> Html:
    """`element("a", "x < y", href="…", data_key="k", class_="c")`. None and False leave an attribute out."""
    opening = tag + "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    return Html("".join(_safe(child) for child in children))


def lines(text: str) -> Html:
    """Text as it is, its line breaks too."""
    return join([join(element("br") if index else "", line) for index, line in enumerate(text.split("\n"))])


def _safe(child: Child) -> str:
    if isinstance(child, Html):
        return child
    return escape(child) if isinstance(child, str) else join(*child)


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    spelt = name.rstrip("_").replace("_", "-")
    return f" {spelt}" if value is True else f' {spelt}="{escape(str(value))}"'
