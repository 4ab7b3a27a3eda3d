import pytest
from kerasdl.callbacks.restoring import Restoring

from tests.contracts import Mode, batches, small_model


class Doubles(Restoring):
    """Doubles the learning rate for one fit."""

    def change(self, epoch):
        self.model.optimizer.learning_rate = 2 * float(self.model.optimizer.learning_rate)

    def put_back(self):
        self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2


class Retraces(Restoring):
    """Replaces the train function in every epoch."""

    def change(self, epoch):
        pass

    def put_back(self):
        pass

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self.retrace()


def test_the_guard_outlives_a_retrace_by_another_callback():
    model = small_model(Mode())

    class Breaks(Retraces):
        def on_train_batch_begin(self, batch, logs=None):
            super().on_train_batch_begin(batch, logs)
            if self.model.optimizer.iterations == 7:
                self.model.train_function.function = self.fails

        def fails(self, iterator):
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), epochs=3, callbacks=[Doubles(), Breaks()], verbose=0, shuffle=False)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_a_failing_change_leaves_nothing_to_put_back():
    class Fails(Doubles):
        def change(self, epoch):
            raise ValueError("on purpose")

    model, callback = small_model(Mode()), Fails()
    with pytest.raises(ValueError, match="on purpose"):
        model.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)
    callback.restore()
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)
