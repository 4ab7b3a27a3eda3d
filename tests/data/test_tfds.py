from types import SimpleNamespace

import pytest
from kerasdl.data.tfds import prepared_builder, supervised_keys
from kerasdl.errors import BadInput


class Text:
    pass


class ClassLabel:
    pass


@pytest.mark.parametrize(
    ("keys", "found"),
    [(("text", "label"), ("text", "label")), (("label", "text"), None), (("text", ("label",)), None), (None, None)],
)
def test_supervised_keys_are_those_of_the_wanted_kinds(keys, found):
    info = SimpleNamespace(supervised_keys=keys, features={"text": Text(), "label": ClassLabel()})
    assert supervised_keys(SimpleNamespace(info=info), "Text", "ClassLabel") == found


def test_names_of_other_registries_are_refused_without_a_network(tmp_path):
    with pytest.raises(BadInput, match="No such file or folder, and no TensorFlow Datasets.*'huggingface:nothing'"):
        prepared_builder("huggingface:nothing", data_dir=str(tmp_path), manual_dir=None, download=False)
