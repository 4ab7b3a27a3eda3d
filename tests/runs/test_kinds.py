import keras
import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import kind_of


def takes(inputs):
    return keras.Model(inputs, inputs)


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({"age": keras.Input((1,), name="age")}, "table"),
        (keras.Input((), dtype="string"), "texts"),
        (keras.Input((None, None, 3), dtype="uint8"), "images"),
        (keras.Input((None,), name="samples"), "sounds"),
        (keras.Input((None, 2), name="sequences"), "sequences"),
        (keras.Input((24, 2), name="window"), "series"),
    ],
)
def test_the_kind_by_what_the_model_takes(inputs, kind):
    assert kind_of(takes(inputs)) == kind


def test_a_model_of_no_kind():
    with pytest.raises(BadInput, match=r"none of images, .* from Python. Received: inputs of \(None, 24, 2\)"):
        kind_of(takes(keras.Input((24, 2))))
