import numpy as np
from kerasdl.callbacks.event_file import EventFile
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
