"""The style of a report: light and dark, screen, phone and paper."""

from kerasdl.plots.figure import BLUE, GREEN, ORANGE, PURPLE, RED

SKY = "#56b4e9"  # the last of Okabe's and Ito's, also the accent on dark pages
COLORS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)

STYLE = """
:root { color-scheme: light dark; --line: rgb(128 128 128 / .3); --card: rgb(128 128 128 / .08); --accent: BLUE;
  FORE }
@media (prefers-color-scheme: dark) { :root { --accent: SKY; LIGHTER } }
* { box-sizing: border-box; }
body { background: Canvas; color: CanvasText; font: 1rem/1.55 system-ui, sans-serif; margin: 0;
  overflow-wrap: anywhere; }
main { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; margin: 0 0 .35rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 1rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .75rem; }
p { margin: 0 0 .75rem; }
section { border-top: 1px solid var(--line); margin-top: 2.25rem; padding-top: 1.5rem; }
.faint, .legend, .tile span, summary span, .file { font-size: .875rem; opacity: .75; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-top: 1rem; font-size: .875rem; }
a { color: var(--accent); text-underline-offset: .2em; }
.card { background: var(--card); border-radius: .6rem; margin: 0; padding: .9rem 1rem; }
.warning { border-left: .3rem solid RED; }
.tiles, .grid, .charts { display: grid; gap: 1rem; margin: 1rem 0; }
.tiles { grid-template-columns: repeat(auto-fill, minmax(min(100%, 10rem), 1fr)); }
.tile b { display: block; font-size: 1.6rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.charts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.chart figcaption div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
.chart .legend { justify-content: flex-start; opacity: 1; font-variant-numeric: tabular-nums; }
.legend > span { min-width: 8.5rem; }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; background: currentColor;
  margin-right: .35rem; }
.legend i:is(.s1, .s3, .s5) { border-radius: .1rem; }
.value { font-weight: 650; }
.epoch { font-size: .875rem; opacity: .75; }
.chart svg { display: block; width: 100%; height: auto; margin-top: .4rem; touch-action: pan-y; border-radius: .3rem; }
.chart text { font: 12px system-ui, sans-serif; fill: currentColor; opacity: .75; }
.tick { stroke: var(--line); }
.rule { stroke: currentColor; opacity: 0; }
.pointed .rule { opacity: .45; }
.dot { fill: Canvas; stroke: currentColor; stroke-width: 2.5; opacity: 0; }
.pointed .dot { opacity: 1; }
.curve path { fill: none; stroke: currentColor; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.curve.dashed path { stroke-dasharray: 7 6; }
.curve :is(circle, rect) { fill: currentColor; }
SERIES
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.grid { grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); align-items: start; }
.wide { grid-column: 1 / -1; }
.picture button { display: block; width: 100%; padding: .6rem; border: 0; border-radius: .35rem; background: white;
  overflow: auto; cursor: zoom-in; }
.picture img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.picture.whole { grid-column: 1 / -1; }
.picture.whole button { cursor: zoom-out; }
.picture.whole img { max-width: none; }
.picture figcaption { margin-top: .6rem; font-size: .875rem; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1.25rem .3rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
th { font-weight: 500; white-space: nowrap; }
td { max-width: 36rem; overflow-wrap: anywhere; min-width: 4rem; }
.several td { white-space: nowrap; }
.several tr > :first-child { position: sticky; left: 0; background: Canvas; }
thead th { font-weight: 650; }
.number { text-align: right; white-space: nowrap; }
.best { font-weight: 700; }
.best::after { content: " ★"; color: ORANGE; }
details { margin: .75rem 0; }
summary { cursor: pointer; }
pre { background: var(--card); border-radius: .6rem; padding: .8rem 1rem; margin: .75rem 0; overflow-x: auto;
  font: .8125rem/1.55 ui-monospace, monospace; white-space: pre-wrap; max-height: 32rem; overflow-y: auto; }
#model pre { white-space: pre; }
iframe { width: 100%; height: 40rem; max-height: 80vh; border: 1px solid var(--line); border-radius: .6rem; }
li { margin: .3rem 0; max-width: 46rem; }
ul { padding-left: 1.2rem; }
@media print {
  main { max-width: none; padding: 0; }
  nav { display: none; }
  .card, .tile, tr, .legend i { break-inside: avoid; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  pre { max-height: none; }
  .charts, .grid { grid-template-columns: 1fr 1fr; }
}
"""


def style() -> str:
    """The style sheet.

    Example:
        >>> "color-scheme: light dark" in style()
        True
    """
    names = [f"--s{number}" for number in range(len(COLORS))]
    fore = " ".join(f"{name}: {color};" for name, color in zip(names, COLORS, strict=True))
    # Dark colours would be lost on a dark page.
    lighter = " ".join(
        f"{name}: color-mix(in srgb, {color} 72%, white);" for name, color in zip(names, COLORS, strict=True)
    )
    series = "\n".join(f".s{number} {{ color: var({name}); }}" for number, name in enumerate(names))
    words = {"FORE": fore, "LIGHTER": lighter, "SERIES": series, "BLUE": BLUE, "RED": RED, "ORANGE": ORANGE, "SKY": SKY}
    style = STYLE
    for word, value in words.items():
        style = style.replace(word, value)
    return style
