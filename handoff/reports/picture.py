"""The chart of a report as a picture, for where no script draws it: in mails and messages."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

SIZE, DOTS = (9.0, 4.5), 110
LONGEST_LABEL = 22
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#4b5563")


def picture_of(chart: Mapping[str, Any]) -> bytes:
    """Draw what `chart_of` describes, as a PNG. The same numbers give the same bytes."""
    from matplotlib.figure import Figure  # noqa: PLC0415 it takes a second and 50 MB, which a web process never needs

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, chart)
    labels = [_short(label) for label in chart["labels"]]
    # A dollar sign would begin a formula, and a campaign may have one in its name.
    axes.set_xticks(range(len(labels)), labels, rotation=35, ha="right", parse_math=False)
    axes.set_ylabel(chart["unit"])
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e5e7eb")
    axes.set_axisbelow(True)
    if len(chart["series"]) > 1:
        figure.legend(loc="outside upper center", ncols=4, frameon=False)
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=DOTS, metadata={"Software": None})
    return picture.getvalue()


def _draw(axes: Any, chart: Mapping[str, Any]) -> None:
    places, series = range(len(chart["labels"])), chart["series"]
    heights = [0.0] * len(places)
    width = 0.8 / len(series)
    for number, each in enumerate(series):
        look = {"color": COLOURS[number % len(COLOURS)], "label": each["label"]}
        values = [value or 0.0 for value in each["values"]]
        match chart["shape"]:
            case "lines":
                axes.plot(places, [float("nan") if value is None else value for value in each["values"]], **look)
            case "stacked":
                axes.bar(places, values, bottom=heights, width=0.8, **look)
                heights = [below + value for below, value in zip(heights, values, strict=True)]
            case _:
                axes.bar([place - 0.4 + width * (number + 0.5) for place in places], values, width=width, **look)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
