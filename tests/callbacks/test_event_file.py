import numpy as np
from kerasdl.callbacks.event_file import EventFile, Histogram
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    return EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()


def test_tensorboard_reads_the_file(tmp_path):
    file = EventFile(str(tmp_path / "new" / "logs"))
    for step in range(3):
        file.write(step, {"loss": 1 / (step + 1), "rate": 0.1})
    file.close()
    events = read(tmp_path / "new" / "logs")
    assert sorted(events.Tags()["scalars"]) == ["loss", "rate"]
    assert [event.step for event in events.Scalars("loss")] == [0, 1, 2]
    np.testing.assert_allclose([event.value for event in events.Scalars("loss")], [1, 1 / 2, 1 / 3], rtol=1e-6)


def test_the_first_step_can_be_read_while_the_file_is_open(tmp_path):
    file = EventFile(str(tmp_path))
    file.write(7, {"loss": 0.5})
    assert read(tmp_path).Scalars("loss")[0].step == 7
    file.close()


def test_histograms_are_read_with_their_bounds(tmp_path):
    file = EventFile(str(tmp_path))
    file.write(3, {"loss": 0.5}, {"relu": Histogram(0.0, 2.0, np.array([3, 1]))})
    file.close()
    (event,) = read(tmp_path).Histograms("relu")
    found = event.histogram_value
    assert (event.step, found.min, found.max, found.num) == (3, 0.0, 2.0, 4.0)
    assert (list(found.bucket_limit), list(found.bucket)) == ([1.0, 2.0], [3.0, 1.0])
    assert (found.sum, found.sum_squares) == (3 * 0.5 + 1.5, 3 * 0.25 + 2.25)


def test_only_the_chief_writes(tmp_path, second_of_two):
    file = EventFile(str(tmp_path / "logs"))
    file.write(0, {"loss": 1.0})
    file.close()
    assert not (tmp_path / "logs").exists()
