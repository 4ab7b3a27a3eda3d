"""The pictures of a run: what each shows, and in which order."""

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from kerasdl.runs.markup import Markup, joined, tag
from kerasdl.runs.readable import titled

# What is shown beside the data, and beside the training; all else are results. In the order of the page.
OF_DATA = {
    "data": "Some of the data.",
    "augmentation": "One sample, and what augmentation makes of it.",
}
OF_TRAINING = {
    "lr_range": "Learning-rate range test: the loss while the rate rises, and the rates that were read from it.",
    "schedule": "Learning rate and momentum at every step.",
    "activations": "Outputs of the layers while they train: mean, deviation, share near zero, histograms.",
    "gradients": "Gradients of the layer groups while they train, and how far a step moves their weights.",
}
# Which the page has as curves that one can point at.
OF_CURVES = {"curves": "Loss and metrics of every epoch."}
OF_RESULTS = {
    "confusion": "Confusion matrix: a row for each true class, a column for each predicted one.",
    "confusion_normalized": "The confusion matrix in percent of each true class.",
    "per_class": "Precision and recall of each class.",
    "per_tag": "Precision and recall of each tag.",
    "most_confused": "The classes that are confused most often.",
    "hardest_tags": "The tags with the highest loss.",
    "roc": "True against false positives at every threshold.",
    "precision_recall": "Precision against recall at every threshold.",
    "threshold": "What each threshold of the probability would give.",
    "r2": "R2 of each target.",
    "calibration": "How often predictions of each confidence are right; on the diagonal, confidence is what it says.",
    "residuals": "Errors of the predictions.",
    "quantiles": "Some samples by their predicted median, with the outermost quantiles and the truth.",
    "forecast": "Forecasts beside the truth, on data that the training did not see.",
    "error_by_step": "Error of each step of the forecast.",
    "importance": "How much the loss rises when a column is shuffled.",
    "results": "Some predictions beside the truth.",
    "top_losses": "The samples with the highest loss: wrong labels, odd samples, real mistakes.",
    "grad_cam": "Where the network looked (Grad-CAM).",
    "filters": "The filters of the first layer.",
    "words": "The words that weighed most.",
    "hardest": "The tokens that are hardest to predict.",
}
KINDS = {"data": OF_DATA, "training": OF_TRAINING, "curves": OF_CURVES, "results": OF_RESULTS}
# Such pictures take the whole row.
WIDE = 1.9
# Bytes; a larger picture is named, not embedded.
LARGEST = 8 * 2**20
_PNG = b"\x89PNG\r\n\x1a\n"


def place_of(file: Path, stages: Iterable[str]) -> tuple[str, int, str]:
    """Where a picture belongs: its kind, its place in it, and its stage, or "".

    Example:
        >>> place_of(Path("head_schedule.png"), ["head", "whole"])
        ('training', 1, 'head')
    """
    name = file.stem
    stage = next((each for each in stages if name.startswith(f"{each}_")), "")
    name = name.removeprefix(f"{stage}_")
    for kind, captions in KINDS.items():
        if name in captions:
            return kind, list(captions).index(name), stage
    return "results", len(OF_RESULTS), ""


def pictures(files: Iterable[Path], kind: str, stages: Iterable[str]) -> Markup:
    """The pictures of one kind, side by side; nothing if there are none.

    Args:
        files: PNG files.
        kind: "data", "training", "curves" or "results", which has all that are of no other kind.
        stages: The names of all stages, which may begin the name of a file.

    Example:
        >>> pictures([], "data", [])
        ''
    """
    # The network itself comes last.
    order = [*(stage for stage in stages if stage != "whole"), ""]
    mine = [(file, place) for file in files if (place := place_of(file, order[:-1]))[0] == kind]
    mine.sort(key=lambda each: (order.index(each[1][2]), each[1][1], each[0].name))
    shown = [_picture(file, _caption(file, *place)) for file, place in mine]
    return tag("div", *shown, class_="grid") if shown else Markup()


def _caption(file: Path, kind: str, at: int, stage: str) -> str:
    captions = list(KINDS[kind].values())
    said = captions[at] if at < len(captions) else f"{titled(file.stem)}."
    return f"{titled(stage)}: {said[0].lower()}{said[1:]}" if stage else said


def _picture(file: Path, caption: str) -> Markup:
    named = tag("figcaption", caption, " ", tag("span", file.name, class_="file"))
    content = file.read_bytes() if file.stat().st_size <= LARGEST else b""
    if not content.startswith(_PNG):
        why = "too large to be embedded" if not content else "no PNG file"
        return tag("figure", tag("p", f"This picture is {why}."), named, class_="card picture")
    width, height = (int.from_bytes(content[start : start + 4]) for start in (16, 20))
    image = tag("img", src=f"data:image/png;base64,{b64encode(content).decode()}", alt=caption, width=width,
                height=height)  # fmt: skip
    button = tag("button", image, type="button", aria_pressed="false", title="Show in its full size, or in the page")
    return tag("figure", button, named, class_="card picture" + (" wide" if width > WIDE * height else ""))


def text_of(file: Path, most: int = 20_000) -> Markup:
    """The text of a file, up to so many characters.

    Example:
        >>> Path("said.txt").write_text("a < b")
        >>> text_of(Path("said.txt"))
        '<pre dir="auto">a &lt; b</pre>'
    """
    with file.open(encoding="utf-8", errors="replace") as opened:
        text = opened.read(most + 1)
    more = tag("p", f"The rest is in {file.name}.", class_="faint") if len(text) > most else ""
    return joined(tag("pre", text[:most].rstrip("\n"), dir="auto"), more)
