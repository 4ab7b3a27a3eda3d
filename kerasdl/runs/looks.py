"""What a recipe shows of a trained network: every figure of its evaluation, samples, and where the network looks."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from kerasdl import interpret, plots
from kerasdl.data import images, sequences, series, tabular, text
from kerasdl.data.splits import Part
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.projector import save_projector, small

MOST_POINTS = 1000
# Of a table, for the importance of its columns.
MOST_COLUMNS, MOST_ROWS = 200, 50_000
# Forecasts in a figure.
SHOWN = 200


@contextmanager
def looking(at: str) -> Iterator[None]:
    """Within it an error costs what is drawn, and not the run: a warning says so.

    Args:
        at: What is drawn.

    Warns:
        UserWarning: There was an error.

    Example:
        >>> with looking("the figures of the evaluation"):
        ...     figures = found.figures()
    """
    try:
        yield
    except Exception as error:
        warnings.warn(f"The run goes on without {at}. {type(error).__name__}: {error}", stacklevel=4)


def look(run: RunFolder, result: Any, data: Any) -> dict[str, tuple[float, float]]:
    """Writes every figure of an evaluation, some samples with their predictions, and those with the highest loss.

    Args:
        run: Where the figures go, if it looks inside.
        result: The evaluation of `data.valid`.
        data: Images, a table, documents, series or sequences.

    Returns:
        Bootstrapped intervals of the scores, for `RunFolder.finish`.

    Example:
        >>> intervals = look(run, found, pets)
        >>> run.finish(found.scores, train_seconds=12.3, intervals=intervals)
    """
    if run.looks:
        with looking("the figures of the evaluation"):
            for name, figure in result.figures().items():
                run.save_figure(name, figure)
        with looking("samples with their predictions"):
            run.save_figure("results", interpret.show_results(result, data))
            run.save_figure("top_losses", interpret.show_top_losses(result, data))
    return interpret.bootstrap(result)


def look_at_images(run: RunFolder, model: keras.Model, data: images.Images, result: interpret.Classification) -> None:
    """Draws where the network looked in the images with the highest loss, its first filters, and its features.

    Args:
        run: Where the figures go, if it looks inside; the features, to TensorBoard's Projector.
        model: The network, from images to logits.
        data: The images.
        result: The evaluation of `data.valid`.

    Example:
        >>> look_at_images(run, model, pets, interpret.Classification.of(model, pets.valid, pets.classes))
    """
    if not run.looks:
        return
    with looking("where the network looked"):
        worst = result.top_losses(6)
        pictures = interpret.samples(data.valid, worst)
        maps = interpret.grad_cam(model, pictures, target=result.predictions[worst])
        run.save_figure("grad_cam", plots.heat_maps(pictures, maps, [result.caption(index) for index in worst]))
    with looking("the first filters"):
        run.save_figure("filters", plots.filter_sheet(interpret.first_filters(model)))
    with looking("features in the Projector"):
        project(run, model, data, result, with_images=True)


def look_at_sequences(
    run: RunFolder, model: keras.Model, data: sequences.Sequences, result: interpret.Classification
) -> None:
    """Draws what excited the network in the sequences, or spectrograms, with the highest loss.

    Args:
        run: Where the figure goes, if it looks inside.
        model: The network, from sequences to logits.
        data: The sequences.
        result: The evaluation of `data.valid`.

    Example:
        >>> look_at_sequences(run, model, moves, interpret.Classification.of(model, moves.valid, moves.classes))
    """
    if not run.looks:
        return
    with looking("what excited the network"):
        worst = result.top_losses(6)
        values = data.source(Part.VALID).at(worst).numpy()
        # Beside the mean of each channel; padding is no number, and gets none.
        baseline, target = data.statistics[0], result.predictions[worst]
        maps = interpret.integrated_gradients(model, values, target=target, baseline=baseline, steps=32)
        run.save_figure("attributions", data.draw(worst, [result.caption(index) for index in worst], maps=maps))


def look_at_texts(run: RunFolder, model: keras.Model, data: text.Documents, result: Any) -> None:
    """Shows which words weighed in the texts with the highest loss: words.html, and words.png.

    Args:
        run: Where page and figure go.
        model: The network, from tokens to logits.
        data: The documents.
        result: The evaluation of `data.valid`.

    Example:
        >>> look_at_texts(run, model, opinions, interpret.Classification.of(model, opinions.valid, opinions.classes))
    """
    with looking("which words weighed"):
        worst = interpret.weighed_texts(model, data.valid, result, result.top_losses(9), data.vocabulary.readable)
        run.save_page("words", interpret.word_page(worst, "The texts with the highest loss, and which words weighed"))
        heaviest = interpret.heaviest_words(worst)
        run.save_figure("words", plots.bars(heaviest, "mean fall of the log-probability", "Words that weighed most"))


def look_at_columns(run: RunFolder, model: keras.Model, data: tabular.Table) -> None:
    """Draws how much worse the predictions become when a column is shuffled, among up to 50,000 rows of `data.valid`.

    Of more than 200 columns nothing is drawn, and a line says so.

    Args:
        run: Where the figure goes, if it looks inside.
        model: The network, from encoded rows.
        data: The table.

    Example:
        >>> look_at_columns(run, model, people)
    """
    if not run.looks:
        return
    if len(data.places) > MOST_COLUMNS:
        print(
            f"The importance of {len(data.places):,} columns is left out, because it takes three predictions of each: "
            "see interpret.permutation_importance."
        )
        return
    with looking("the importance of columns"):
        some = data.valid.take(-(-MOST_ROWS // data.valid_batch_size))
        rises = interpret.permutation_importance(model, some, data.places)
        run.save_figure("importance", plots.importance(rises))


def look_at_series(run: RunFolder, data: series.TimeSeries, result: interpret.Forecast) -> None:
    """Draws the first series, and the last forecasts with their intervals beside the truth and the best baseline.

    Args:
        run: Where the figures go.
        data: The series.
        result: The evaluation of `data.valid`.

    Example:
        >>> look_at_series(run, air, interpret.Forecast.of(model, air))
    """
    name, (first, cut, end) = next(iter(data.series.items()))
    parts = (("training", first, cut), ("test", cut, end))
    drawn = {part: (data.times[start:stop], data.values[start:stop, 0]) for part, start, stop in parts}
    run.save_figure("data", plots.lines(drawn, "", data.channels[0], name))
    times = data.times[data.valid_origins + data.horizon - 1]
    values = dict([("truth", result.targets), ("forecast", result.predictions), result.best_baseline])
    drawn = {name: (times[-SHOWN:], each[-SHOWN:, -1, 0]) for name, each in values.items()}
    behind = dict([drawn.popitem()])
    bands = {
        f"{100 * level:g} %": (times[-SHOWN:], *(end[-SHOWN:, -1, 0] for end in ends))
        for level, ends in result.intervals.items()
    }
    figure = plots.fan(drawn, bands, "", data.channels[0], f"Rows ahead: {data.horizon}", behind=behind)
    run.save_figure("forecast", figure)


def project(
    run: RunFolder, model: keras.Model, data: Any, result: interpret.Classification, *, with_images: bool = False
) -> None:
    """Writes the features before the last layer, of up to 1,000 validation samples, for TensorBoard's Projector.

    Args:
        run: Whose logs they go to.
        model: The network.
        data: The data.
        result: The evaluation of `data.valid`.
        with_images: Show each sample as the picture that it is.

    Example:
        >>> project(run, model, pets, interpret.Classification.of(model, pets.valid, pets.classes), with_images=True)
    """
    some = data.valid.take(-(-MOST_POINTS // data.valid_batch_size))
    vectors = interpret.embeddings(model, some)[:MOST_POINTS]
    labels = {
        part: [result.classes[index] for index in found[: len(vectors)]]
        for part, found in (("actual", result.targets), ("predicted", result.predictions))
    }
    # Batch by batch: a thousand images of full size are gigabytes.
    pictures = np.concatenate([small(inputs.numpy()) for inputs, *_ in some])[:MOST_POINTS] if with_images else None
    save_projector(run.logs, vectors, labels, images=pictures, name="features")
