"""Elements of inline SVG: each attribute and each text is escaped here, so that no chart can forget it.

Colours are CSS classes whose variables the page sets for light and for dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from synthloom.report.formatting import clean

TEXT_SIZE = 12.0
WIDTH = 300.0
"""Drawing width of a chart; a card on a 360 px phone is no narrower, so text stays at 12 px."""


def number(value: float) -> str:
    """A coordinate with at most one digit after the point."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def element(tag: str, *children: Markup | str, **attributes: object) -> Markup:
    """One element; ``class_`` stands for ``class`` and ``a_b`` for ``a-b``, ``None`` leaves one out.

    Children that are plain strings are cleaned and escaped; only :class:`Markup` is taken as it is.
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is not None:
            text = number(value) if isinstance(value, float) else clean(value)
            parts.append(f'{name.rstrip("_").replace("_", "-")}="{escape(text)}"')
    inside = "".join(child if isinstance(child, Markup) else escape(clean(child)) for child in children)
    head = " ".join(parts)
    # the one place that declares text as markup: everything in it was escaped above
    return Markup(f"<{head}>{inside}</{tag}>" if inside else f"<{head}/>")  # noqa: S704


def figure(
    children: Iterable[Markup], *, width: float, height: float, title: str, description: str, class_: str = "chart"
) -> Markup:
    """A whole picture with a title and a description for those who do not see it."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        class_=class_,
        role="img",
        viewBox=f"0 0 {number(width)} {number(height)}",
    )


def label(
    text: str, x: float, y: float, *, anchor: str | None = None, class_: str | None = None, **more: object
) -> Markup:
    """A line of text at a baseline."""
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=class_, **more)


def rectangle(x: float, y: float, width: float, height: float, class_: str) -> Markup:
    """A rectangle."""
    return element("rect", x=x, y=y, width=max(0.0, width), height=max(0.0, height), class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", class_=class_)


def step_path(lefts: Sequence[float], last: float, tops: Sequence[float], base: float) -> str:
    """The outline of bars that start at ``lefts``, end at ``last`` and rise from ``base`` to ``tops``."""
    parts = [f"M{number(lefts[0])} {number(base)}"]
    for left, top in zip(lefts, tops, strict=True):
        parts.append(f"H{number(left)}V{number(top)}")
    return "".join([*parts, f"H{number(last)}V{number(base)}"])
