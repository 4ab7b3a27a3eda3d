import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import plots
from kerasdl.callbacks import EpochFigures, Resume
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.contracts import Mode, batches, small_model

EAGER = Mode(run="eager")


def written(folder, name):
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload().Tensors(name)


def fit(folder, draw, epochs=3, more=(), **options):
    model = small_model(EAGER)
    policy = [EpochFigures(folder, draw, **options), *more]
    return model.fit(batches(8), epochs=epochs, callbacks=policy, verbose=0, shuffle=False)


def test_figures_and_texts_are_shown_at_their_epochs(tmp_path):
    epochs = iter("abc")

    def draw():
        return {"square": plots.confusion(np.eye(2), [next(epochs), "z"]), "said": "  as *it*\nis"}

    fit(tmp_path, draw, epochs=2)
    pictures = written(tmp_path, "square")
    assert [each.step for each in pictures] == [0, 1]
    pixels = [tf.io.decode_png(each.tensor_proto.string_val[2]).numpy() for each in pictures]
    assert pixels[0].shape == pixels[1].shape
    assert (pixels[0] != pixels[1]).any()
    assert [(each.step, each.tensor_proto.string_val[0]) for each in written(tmp_path, "said")] == [
        (0, b"      as *it*\n    is"),
        (1, b"      as *it*\n    is"),
    ]


def test_every_second_epoch_and_the_last_one(tmp_path):
    fit(tmp_path, lambda: {"said": "text"}, epochs=5, every=2)
    assert [each.step for each in written(tmp_path, "said")] == [1, 3, 4]
    with pytest.raises(ValueError, match="Received: every=0"):
        EpochFigures(tmp_path, dict, every=0)


class BreaksInThirdEpoch(keras.callbacks.Callback):
    def __init__(self, breaks):
        super().__init__()
        self.breaks = breaks

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2 and self.breaks:
            raise RuntimeError("on purpose")


def test_a_fit_that_goes_on_shows_each_epoch_once(tmp_path):
    for breaks in (True, False):
        more = [BreaksInThirdEpoch(breaks), Resume(tmp_path / "checkpoints")]
        try:
            fit(tmp_path / "logs", lambda: {"said": "text"}, epochs=4, more=more)
        except RuntimeError:
            assert breaks
    # Two files of one second are read in any order.
    assert sorted(each.step for each in written(tmp_path / "logs", "said")) == [0, 1, 2, 3]


@pytest.mark.parametrize(("drawn", "received"), [([1], "list"), ({"a": 1}, "int for 'a'")])
def test_what_is_neither_figure_nor_text_is_refused(tmp_path, drawn, received):
    with pytest.raises(ValueError, match=f"draw must return figures or texts.*Received: {received}"):
        fit(tmp_path, lambda: drawn, epochs=1)


def test_all_workers_draw_and_the_chief_writes(tmp_path, second_of_two):
    drawn = []
    fit(tmp_path / "logs", lambda: drawn.append(1) or {"said": "it"}, epochs=2)
    assert len(drawn) == 2
    assert not (tmp_path / "logs").exists()
