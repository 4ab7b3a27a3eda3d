"""What the figures of a run cannot tell: only sentences that apply to it."""

from collections.abc import Iterator
from math import sqrt

from kerasdl.runs.run_files import RunFiles

# With fewer validation samples, the sentence on them is worth its place.
FEW = 1000


def limits(run: RunFiles) -> list[str]:
    """Sentences on what one should not read into the figures.

    Example:
        >>> limits(RunFiles.of(Path("runs/small")))[0]
        'Validation has only 40 rows: with others the accuracy could be 13.2 percentage points higher or lower.'
    """
    return [sentence for part in (_samples, _choices, _kinds) for sentence in part(run)]


def half_width(share: float, count: int) -> float:
    """Half of the 95 % interval of a share (Agresti and Coull, The American Statistician 1998).

    Example:
        >>> round(half_width(0.9, 100), 3)
        0.061
    """
    better = (share * count + 2) / (count + 4)
    return 1.96 * sqrt(better * (1 - better) / (count + 4))


def valid_count(run: RunFiles) -> tuple[str, int]:
    """What validation has, and how many; 0 if that is not known.

    Example:
        >>> valid_count(RunFiles(Path("runs/small"), {}, {"valid_images": 12}, {}, {}))
        ('images', 12)
    """
    counts = {name: count for name, count in run.metrics.items() if isinstance(count, int)}
    found = ((name.removeprefix("valid_"), each) for name, each in counts.items() if name.startswith("valid_"))
    return next(found, ("samples", 0))


def _samples(run: RunFiles) -> Iterator[str]:
    what, count = valid_count(run)
    if 0 < count < FEW:
        sure, accuracy = "with others the figures would differ", run.valid.get("accuracy", -1)
        if 0 <= accuracy <= 1 and not run.interval("accuracy"):
            points = 100 * half_width(accuracy, count)
            sure = f"with others the accuracy could be {points:.1f} percentage points higher or lower"
        yield f"Validation has only {count:,} {what}: {sure}."
    if any(run.interval(each) for each in run.valid):
        yield "The intervals tell what other validation samples would change, not what another training would."
    yield "This is one training with one seed: another seed gives somewhat other figures."
    if run.config.get("deterministic") is False:
        yield "On this device the same seed does not give the same bits: the same command gives other last digits."
    if isinstance(skipped := run.metrics.get("skipped_images"), int) and skipped:
        yield f"{skipped:,} images could not be read; no figure includes them."


def _choices(run: RunFiles) -> Iterator[str]:
    if "recommended" in run.more:
        yield "The recommendation was chosen on the validation data, which flatters the figures of what was chosen."
    if run.more.get("better") == "trees":
        yield "Boosted trees without tuning are better than this network on the validation rows."
    if not any(name.startswith("test_") for name in run.more):
        yield (
            "There are no test data. Whoever compares runs by their validation figures, and keeps the best one, will "
            "find it a little worse on new data."
        )
    if isinstance(run.config.get("columns"), dict) and not any(
        run.config.get(each) for each in ("time", "group", "split")
    ):
        yield (
            "Validation rows were drawn at random. If rows belong together (the same person, the same day), or if the "
            "model will predict the future, the figures are too good: use --group or --time."
        )


def _kinds(run: RunFiles) -> Iterator[str]:
    names = {file.stem for file in run.files}
    if "lookback" in run.config:
        yield "The forecast holds for as long as the series goes on as before."
    else:
        yield "The figures hold for data that resemble these. On other data, the model still answers with confidence."
    if "accuracy" in run.valid and "calibration" not in names:
        yield "Probabilities were not compared with frequencies: 90 % need not be right nine times in ten."
    if "importance" in names:
        yield "Importance is what this model uses, not what causes what; columns that say the same share theirs."
    if "grad_cam" in names:
        yield "A heat map shows where the network looked, not why, and no finer than its last feature map."
    if "words" in names:
        yield "A word's weight is what leaving it out changes in this model, not what the word means."
