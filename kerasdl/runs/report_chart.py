"""Curves over epochs as inline SVG: the values of an epoch are shown to mouse, touch and keyboard."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite

from kerasdl.runs.markup import Markup, tag
from kerasdl.runs.readable import is_share, readable, titled
from matplotlib.ticker import MaxNLocator

# Of the drawing, in its own units; the page scales it.
WIDTH, HEIGHT = 440, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 426, 12, 192
# Above, the line alone says enough.
MOST_MARKED = 40
COLORS = 6

SCRIPT = """
for (const chart of document.querySelectorAll(".chart")) {
  const [drawing, rule, epoch] = ["svg", ".rule", ".epoch"].map((each) => chart.querySelector(each));
  const [dots, values, names] = [".dot", ".value", ".name"].map((each) => chart.querySelectorAll(each));
  const {x, series} = JSON.parse(chart.dataset.points), last = x.length - 1;
  let at = last;
  const show = (index, pointed) => {
    at = Math.min(Math.max(index, 0), last);
    epoch.textContent = `epoch ${at + 1}`;
    chart.classList.toggle("pointed", pointed);
    rule.setAttribute("x1", x[at]);
    rule.setAttribute("x2", x[at]);
    series.forEach(({y, text}, number) => {
      values[number].textContent = text[at] ?? "none";
      dots[number].setAttribute("visibility", y[at] == null ? "hidden" : "inherit");
      dots[number].setAttribute("cx", x[at]);
      dots[number].setAttribute("cy", y[at] ?? 0);
    });
    drawing.setAttribute("aria-valuenow", at + 1);
    const said = series.map(({text}, number) => `${names[number].textContent} ${text[at] ?? "none"}`);
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


def chart(metric: str, curves: Mapping[str, Sequence[float | None]]) -> Markup:
    """The curves of a metric; nothing if it has no finite value.

    Args:
        metric: Its name; an accuracy is given in percent.
        curves: The values of epochs 1, 2, … by what they are of, such as "training" and "validation".

    Example:
        >>> chart("loss", {"training": [0.9, 0.5, 0.3], "validation": [0.8, 0.6, 0.5]})[:21]
        '<figure class="card c'
    """
    times = 100 if is_share(metric) else 1
    finite = {name: [_finite(value, times) for value in values] for name, values in curves.items()}
    known = [value for values in finite.values() for value in values if value is not None]
    if not known:
        return Markup()
    count = max(map(len, finite.values()))
    low, high = min(known), max(known)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - room, high + room
    x = [round(LEFT + (RIGHT - LEFT) * (index + 0.5) / count, 1) for index in range(count)]
    y = {
        name: [None if value is None else round(BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low), 1)
               for value in values]
        for name, values in finite.items()
    }  # fmt: skip
    texts = {
        name: [None if value is None else readable(metric, float(value)) for value in values]
        for name, values in curves.items()
    }
    points = {"x": x, "series": [{"y": y[name], "text": texts[name]} for name in curves]}
    drawn = [_curve(x, y[name], number) for number, name in enumerate(curves)]
    rule = tag("line", class_="rule", x1=x[-1], x2=x[-1], y1=TOP, y2=BOTTOM)
    dots = [tag("circle", class_=f"dot {_color(number)}", r=4.5, cx=-9, cy=-9) for number in range(len(curves))]
    last = {name: next((each for each in values[count - 1 :]), None) or "none" for name, values in texts.items()}
    drawing = tag(
        "svg", *_axes(low, high, count, " %" if times == 100 else ""), *drawn, rule, *dots,
        viewBox=f"0 0 {WIDTH} {HEIGHT}", tabindex=0, role="slider", aria_label=f"{titled(metric)}, by epoch",
        aria_valuemin=1, aria_valuemax=count, aria_valuenow=count,
        aria_valuetext=", ".join([f"epoch {count}", *(f"{name} {value}" for name, value in last.items())]),
    )  # fmt: skip
    title = tag("b", titled(metric)), tag("span", f"epoch {count}", class_="epoch")
    caption = tag("figcaption", tag("div", *title), tag("div", *_legend(last), class_="legend"))
    return tag("figure", caption, drawing, class_="card chart", data_points=json.dumps(points, separators=(",", ":")))


def _finite(value: float | None, times: int) -> float | None:
    return None if value is None or not isfinite(value) else times * value


def _color(number: int) -> str:
    """The class of a curve; after all colours they come again, dashed."""
    return f"s{number % COLORS}" + (" dashed" if number // COLORS % 2 else "")


def _axes(low: float, high: float, count: int, unit: str) -> list[Markup]:
    drawn = []
    for tick in MaxNLocator(4).tick_values(low, high):
        if low <= tick <= high:
            y = round(BOTTOM - (BOTTOM - TOP) * (tick - low) / (high - low), 1)
            drawn.append(tag("line", class_="tick", x1=LEFT, x2=RIGHT, y1=y, y2=y))
            drawn.append(tag("text", f"{tick:.6g}{unit}", x=LEFT - 8, y=y + 4, text_anchor="end"))
    for tick in MaxNLocator(6, integer=True).tick_values(1, count):
        if 1 <= tick <= count and tick == int(tick):
            x = round(LEFT + (RIGHT - LEFT) * (tick - 0.5) / count, 1)
            drawn.append(tag("text", f"{tick:.0f}", x=x, y=BOTTOM + 17, text_anchor="middle"))
    drawn.append(tag("text", "epoch", x=(LEFT + RIGHT) / 2, y=HEIGHT - 5, text_anchor="middle"))
    return drawn


def _curve(x: Sequence[float], y: Sequence[float | None], number: int) -> Markup:
    """A line with gaps where there are no numbers, and a mark for each of few."""
    steps, is_on = [], False
    for across, down in zip(x, y, strict=False):
        if down is not None:
            steps.append(f"{'L' if is_on else 'M'}{across:g} {down:g}")
        is_on = down is not None
    marks = []
    if len(x) <= MOST_MARKED:
        at = [(across, down) for across, down in zip(x, y, strict=False) if down is not None]
        # Disks and squares: told apart without colours.
        marks = [
            tag("rect", x=round(across - 3, 1), y=round(down - 3, 1), width=6, height=6)
            if number % 2
            else tag("circle", cx=across, cy=down, r=3)
            for across, down in at
        ]
    return tag("g", tag("path", d="".join(steps)), *marks, class_=f"curve {_color(number)}")


def _legend(values: Mapping[str, str]) -> list[Markup]:
    return [
        tag("span", tag("i", class_=_color(number)), tag("span", name, class_="name"), " ",
            tag("span", value, class_="value"))
        for number, (name, value) in enumerate(values.items())
    ]  # fmt: skip


def stage_charts(metrics: Mapping[str, Sequence[float | None]]) -> list[Markup]:
    """A chart for each metric of a stage, with training and validation.

    Args:
        metrics: As `fit` returns them; `val_NAME` stands beside NAME.

    Example:
        >>> len(stage_charts({"loss": [0.9], "val_loss": [0.8], "accuracy": [0.5], "val_accuracy": [0.6]}))
        2
    """
    names = sorted(dict.fromkeys(name.removeprefix("val_") for name in metrics), key=lambda name: name != "loss")
    parts = {"": "training", "val_": "validation"}
    return [
        found
        for name in names
        if (found := chart(name, {part: metrics[f"{before}{name}"] for before, part in parts.items()
                                  if f"{before}{name}" in metrics}))
    ]  # fmt: skip
