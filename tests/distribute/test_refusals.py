import pytest

from tests.distribute.test_whole_batch import few, fitted, small


@pytest.mark.parametrize("option", [{"steps_per_execution": 2}, {"jit_compile": True}], ids=str)
def test_what_keras_cannot_do_is_refused_without_any_callback(two_devices, option):
    def model():
        built = small()
        built.compile("sgd", built.loss, **option)
        return built

    with pytest.raises(ValueError, match=f"Keras does not support {next(iter(option))} under a strategy"):
        fitted(two_devices, model, few())
