"""Curves over epochs as inline SVG: the values of an epoch are shown to mouse, touch and keyboard."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kerasdl.runs.markup import Markup, tag
from kerasdl.runs.readable import is_share, readable, titled
from kerasdl.runs.report_style import COLORS
from matplotlib.ticker import MaxNLocator

# Of the drawing, in its own units; the page scales it.
WIDTH, HEIGHT = 440, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 426, 12, 192
# Above, the line alone says enough.
MOST_MARKED = 40
# Beyond it, a value is drawn as one that is not finite.
LARGEST = 1e100

SCRIPT = """
for (const chart of document.querySelectorAll(".chart")) {
  const [drawing, rule, epoch] = ["svg", ".rule", ".epoch"].map((each) => chart.querySelector(each));
  const [dots, values, names] = [".dot", ".value", ".name"].map((each) => chart.querySelectorAll(each));
  const {x, series} = JSON.parse(chart.dataset.points), last = x.length - 1;
  let at = last;
  const show = (index, pointed) => {
    at = Math.min(Math.max(index, 0), last);
    epoch.textContent = pointed ? `epoch ${at + 1}` : "last epoch";
    chart.classList.toggle("pointed", pointed);
    rule.setAttribute("x1", x[at]);
    rule.setAttribute("x2", x[at]);
    series.forEach(({y, text}, number) => {
      values[number].textContent = (pointed ? text[at] : text.findLast((each) => each != null)) ?? "none";
      dots[number].setAttribute("visibility", y[at] == null ? "hidden" : "inherit");
      dots[number].setAttribute("cx", x[at]);
      dots[number].setAttribute("cy", y[at] ?? 0);
    });
    drawing.setAttribute("aria-valuenow", at + 1);
    const said = series.map((_, number) => `${names[number].textContent} ${values[number].textContent}`);
    drawing.setAttribute("aria-valuetext", [epoch.textContent, ...said].join(", "));
  };
  const point = (event) => {
    const box = drawing.getBoundingClientRect();
    const place = (event.clientX - box.left) / box.width * drawing.viewBox.baseVal.width;
    show(x.reduce((best, each, index) => Math.abs(each - place) < Math.abs(x[best] - place) ? index : best, 0), true);
  };
  drawing.addEventListener("pointermove", point);
  drawing.addEventListener("pointerdown", point);
  drawing.addEventListener("pointerleave", (event) => event.pointerType == "mouse" && show(last, false));
  drawing.addEventListener("focus", () => show(at, true));
  drawing.addEventListener("blur", () => show(last, false));
  drawing.addEventListener("keydown", (event) => {
    const arrows = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1};
    const steps = {...arrows, PageDown: -10, PageUp: 10, Home: -last, End: last};
    if (!(event.key in steps)) return;
    event.preventDefault();
    show(at + steps[event.key], true);
  });
}
"""


@dataclass(frozen=True)
class _Frame:
    """Where values of epochs stand in the drawing."""

    low: float
    high: float
    epochs: int
    unit: str

    @classmethod
    def of(cls, values: Sequence[float], epochs: int, unit: str) -> "_Frame":
        low, high = min(values), max(values)
        room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        return cls(low - room, high + room, epochs, unit)

    def x(self, epoch: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (epoch - 0.5) / self.epochs, 1)

    def y(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - self.low) / (self.high - self.low), 1)


def chart(metric: str, curves: Mapping[str, Sequence[float | None]]) -> Markup:
    """The curves of a metric; nothing if it has no finite value.

    Args:
        metric: Its name; an accuracy is given in percent.
        curves: The values of epochs 1, 2, … by what they are of, such as "training" and "validation".

    Example:
        >>> chart("loss", {"training": [0.9, 0.5, 0.3], "validation": [0.8, 0.6, 0.5]})[:21]
        '<figure class="card c'
    """
    times, unit = (100, " %") if is_share(metric) else (1, "")
    values = {name: [_drawable(value, times) for value in curve] for name, curve in curves.items()}
    known = [value for each in values.values() for value in each if value is not None]
    if not known:
        return Markup()
    frame = _Frame.of(known, max(map(len, values.values())), unit)
    places = [[None if value is None else frame.y(value) for value in each] for each in values.values()]
    texts = [[None if value is None else readable(metric, float(value)) for value in each] for each in curves.values()]
    x = [frame.x(epoch) for epoch in range(1, frame.epochs + 1)]
    last = dict(zip(curves, (next(filter(None, reversed(each)), "none") for each in texts), strict=True))
    drawn = [_curve(x, y, number) for number, y in enumerate(places)]
    title = tag("b", titled(metric)), tag("span", "last epoch", class_="epoch")
    points = {"x": x, "series": [{"y": y, "text": text} for y, text in zip(places, texts, strict=True)]}
    return tag(
        "figure",
        tag("figcaption", tag("div", *title), tag("div", *_legend(last), class_="legend")),
        tag("svg", *_axes(frame), *drawn, *_pointer(len(curves)), **_slider(metric, frame, last)),
        class_="card chart",
        data_points=json.dumps(points, separators=(",", ":")),
    )


def _drawable(value: float | None, times: int) -> float | None:
    return times * value if value is not None and abs(value) < LARGEST else None


def _slider(metric: str, frame: _Frame, last: Mapping[str, str]) -> dict[str, Any]:
    """What makes the drawing a control that the keyboard moves and a screen reader reads."""
    said = ", ".join(["last epoch", *(f"{name} {value}" for name, value in last.items())])
    range_ = {"aria_valuemin": 1, "aria_valuemax": frame.epochs, "aria_valuenow": frame.epochs, "aria_valuetext": said}
    label = f"{titled(metric)}, epoch by epoch"
    return {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "tabindex": 0, "role": "slider", "aria_label": label, **range_}


def _pointer(count: int) -> list[Markup]:
    """The line through an epoch that is pointed at, and a ring for each curve."""
    rule = tag("line", class_="rule", x1=LEFT, x2=LEFT, y1=TOP, y2=BOTTOM)
    return [rule, *(tag("circle", class_=f"dot {_color(number)}", r=4.5) for number in range(count))]


def _color(number: int) -> str:
    """The class of a curve; after all colours they come again, dashed."""
    return f"s{number % len(COLORS)}" + (" dashed" if number // len(COLORS) % 2 else "")


def _axes(frame: _Frame) -> list[Markup]:
    drawn = []
    for tick in MaxNLocator(4).tick_values(frame.low, frame.high):
        if frame.low <= tick <= frame.high:
            y = frame.y(tick)
            drawn.append(tag("line", class_="tick", x1=LEFT, x2=RIGHT, y1=y, y2=y))
            drawn.append(tag("text", f"{tick:.6g}{frame.unit}", x=LEFT - 8, y=y + 4, text_anchor="end"))
    for tick in MaxNLocator(6, integer=True).tick_values(1, frame.epochs):
        if 1 <= tick <= frame.epochs and tick == int(tick):
            drawn.append(tag("text", f"{tick:.0f}", x=frame.x(tick), y=BOTTOM + 17, text_anchor="middle"))
    return [*drawn, tag("text", "epoch", x=(LEFT + RIGHT) / 2, y=HEIGHT - 5, text_anchor="middle")]


def _curve(x: Sequence[float], y: Sequence[float | None], number: int) -> Markup:
    """A line with gaps where there are no numbers, and a mark for each of few."""
    steps, is_on = [], False
    for across, down in zip(x, y, strict=False):
        if down is not None:
            steps.append(f"{'L' if is_on else 'M'}{across:g} {down:g}")
        is_on = down is not None
    few = zip(x, y, strict=False) if len(x) <= MOST_MARKED else ()
    marks = [_mark(across, down, number) for across, down in few if down is not None]
    return tag("g", tag("path", d="".join(steps)), *marks, class_=f"curve {_color(number)}")


def _mark(x: float, y: float, number: int) -> Markup:
    """A disk, or for every second curve a square: told apart without colours."""
    if number % 2:
        return tag("rect", x=round(x - 3, 1), y=round(y - 3, 1), width=6, height=6)
    return tag("circle", cx=x, cy=y, r=3)


def _legend(values: Mapping[str, str]) -> list[Markup]:
    return [
        tag(
            "span",
            tag("i", class_=_color(number)),
            tag("span", name, class_="name"),
            " ",
            tag("b", value, class_="value"),
        )
        for number, (name, value) in enumerate(values.items())
    ]


def stage_charts(metrics: Mapping[str, Sequence[float | None]]) -> list[Markup]:
    """A chart for each metric of a stage, with training and validation.

    Args:
        metrics: As `fit` returns them; `val_NAME` stands beside NAME.

    Example:
        >>> len(stage_charts({"loss": [0.9], "val_loss": [0.8], "accuracy": [0.5], "val_accuracy": [0.6]}))
        2
    """
    names = sorted(dict.fromkeys(name.removeprefix("val_") for name in metrics), key=lambda name: name != "loss")
    keys = {name: {"training": name, "validation": f"val_{name}"} for name in names}
    charts = (
        chart(name, {part: metrics[key] for part, key in parts.items() if key in metrics})
        for name, parts in keys.items()
    )
    return [each for each in charts if each]
