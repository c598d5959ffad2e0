"""Plots as SVG text: no script, no style in it, and each number also as a title that a pointer or a reader finds.

Pure. A page shows the same numbers as a table beside it, so that nothing depends on seeing the picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Final

from markupsafe import Markup

_LEFT: Final = 12
_WIDTH: Final = 87
"""Of the bars, and what is left of them, in hundredths of whatever room there is: the letters keep their size."""
_HEIGHT: Final = 240
_TOP: Final = 12
_BOTTOM: Final = 30
_GAP: Final = 0.28
"""Of a group's width, between two groups."""
_BAR: Final = 0.92
"""Of its place in the group, a bar's own width."""
_LINES: Final = 4
_EVERY: Final = 10
"""Of the labels of a line, every tenth is written."""
_LEAST: Final = 2
"""Of a bar: none at all would look like nothing to count."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind, one for each label."""

    name: str
    values: Sequence[float | None]
    """None: there was nothing to count, which is not the same as a count of nothing."""
    tone: str
    """A letter: which colour and pattern, in the style sheet."""


def bars(
    labels: Sequence[str],
    titles: Sequence[str],
    series: Sequence[Series],
    *,
    name: str,
    described_by: str,
    number: Callable[[int], str] | Callable[[float], str],
    no_data: str,
) -> Markup:
    """Bars in groups. `titles` say a label in full; `described_by` is the picture in a sentence."""
    top = _ceiling(max((value for each in series for value in each.values if value is not None), default=0))
    inner_height = _HEIGHT - _TOP - _BOTTOM
    group = _WIDTH / max(len(labels), 1)
    width = group * (1 - _GAP) / max(len(series), 1)

    def y(value: float) -> float:
        return _TOP + inner_height * (1 - value / top)

    parts = _ground(top, name, described_by)
    for place, (label, title) in enumerate(zip(labels, titles, strict=True)):
        left = _LEFT + group * place + group * _GAP / 2
        for offset, each in enumerate(series):
            value = each.values[place]
            if value is None:
                parts.append(
                    Markup(
                        '<text class="fv-tick" x="{:.2f}%" y="{:.1f}" text-anchor="middle">'
                        "–<title>{}: {}</title></text>"
                    ).format(left + width * (offset + _BAR / 2), y(0) - 4, title, f"{no_data}, {each.name}")
                )
                continue
            parts.append(
                Markup(
                    '<rect class="fv-bar-{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" rx="1.5">'
                    "<title>{}: {} {}</title></rect>"
                ).format(
                    each.tone,
                    left + width * offset,
                    min(y(value), y(0) - _LEAST),
                    width * _BAR,
                    max(y(0) - y(value), _LEAST),
                    title,
                    number(value),  # type: ignore[arg-type]  # whole numbers where the caller's are whole
                    each.name,
                )
            )
        # Counted from the last, which is now: a narrow window leaves out every other one.
        often = "" if (len(labels) - place) % 2 else " fv-seldom"
        parts.append(
            Markup('<text class="fv-tick{}" x="{:.2f}%" y="{}" text-anchor="middle">{}</text>').format(
                often, _LEFT + group * (place + 0.5), _HEIGHT - 10, label
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def lines(
    labels: Sequence[str],
    titles: Sequence[str],
    series: Sequence[Series],
    *,
    name: str,
    described_by: str,
    number: Callable[[float], str],
    no_data: str,
) -> Markup:
    """Steps over time, one for each label; where nothing was seen the ground is grey and no line is drawn."""
    top = _ceiling(max((value for each in series for value in each.values if value is not None), default=0))
    inner_height = _HEIGHT - _TOP - _BOTTOM
    parts = _ground(top, name, described_by)
    # A plane of its own, one unit a label: what is drawn in it has the width that there is, letters do not.
    parts.append(
        Markup(
            '<svg x="{}%" y="{}" width="{}%" height="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        ).format(_LEFT, _TOP, _WIDTH, inner_height, max(len(labels), 1), inner_height)
    )
    unseen = [all(each.values[place] is None for each in series) for place in range(len(labels))]
    for is_unseen, run in groupby(range(len(labels)), key=unseen.__getitem__):
        places = list(run)
        if is_unseen:
            parts.append(
                Markup('<rect class="fv-unseen" x="{}" y="0" width="{}" height="{}"/>').format(
                    places[0], len(places), inner_height
                )
            )
    for each in series:
        parts.append(
            Markup('<path class="fv-line fv-line-{}" d="{}"/>').format(
                each.tone, _steps(each.values, lambda value: inner_height * (1 - value / top))
            )
        )
    for place, title in enumerate(titles):
        said = ", ".join(
            f"{number(value)} {each.name}" for each in series if (value := each.values[place]) is not None
        )
        parts.append(
            Markup(
                '<rect class="fv-touch" x="{}" y="0" width="1" height="{}"><title>{}: {}</title></rect>'
            ).format(place, inner_height, title, said or no_data)
        )
    parts.append(Markup("</svg>"))
    for place in range(len(labels) - 1, -1, -_EVERY):
        often = "" if (len(labels) - 1 - place) // _EVERY % 2 == 0 else " fv-seldom"
        parts.append(
            Markup('<text class="fv-tick{}" x="{:.2f}%" y="{}" text-anchor="middle">{}</text>').format(
                often, _LEFT + _WIDTH * (place + 0.5) / len(labels), _HEIGHT - 10, labels[place]
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _steps(values: Sequence[float | None], y: Callable[[float], float]) -> str:
    """A path: level within a label's width, upright between two; broken where there is none.

    >>> _steps([1, 2, None, 3], lambda value: value)
    'M0 1.0H1V2.0H2M3 3.0H4'
    """
    path, before = "", False
    for place, value in enumerate(values):
        if value is not None:
            path += (f"V{y(value):.1f}" if before else f"M{place} {y(value):.1f}") + f"H{place + 1}"
        before = value is not None
    return path


def _ground(top: float, name: str, described_by: str) -> list[Markup]:
    """The picture's beginning, its name, and the level lines with their numbers."""
    parts = [
        Markup(
            '<svg class="fv-plot" height="{}" role="img" aria-labelledby="{}-plot" focusable="false">'
            '<title id="{}-plot">{}</title>'
        ).format(_HEIGHT, name, name, described_by)
    ]
    for line in range(_LINES + 1):
        level = top * line / _LINES
        at = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - level / top)
        parts.append(
            Markup('<line class="fv-grid" x1="{}%" x2="{}%" y1="{:.1f}" y2="{:.1f}"/>').format(
                _LEFT, _LEFT + _WIDTH, at, at
            )
        )
        parts.append(
            Markup('<text class="fv-tick" x="{}%" y="{:.1f}" text-anchor="end">{}</text>').format(
                _LEFT - 1, at + 4, _tick(level)
            )
        )
    return parts


def _ceiling(value: float) -> float:
    """The least round number that is not below `value` and can be parted in four.

    >>> [_ceiling(value) for value in (0, 3, 7, 11, 23, 130)]
    [4, 4, 8, 12, 24, 160]
    """
    unit = 1
    while True:
        for step in (1, 2, 3, 4, 5, 6, 8):
            if _LINES * step * unit >= value:
                return _LINES * step * unit
        unit *= 10


def _tick(value: float) -> str:
    return str(ceil(value)) if float(value).is_integer() else f"{value:.1f}"
