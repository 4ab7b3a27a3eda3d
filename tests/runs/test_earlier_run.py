import json
import zipfile

import keras
import numpy as np
import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder, load_config, load_run


def parts_of(model, folder):
    """The files in a saved model."""
    model.save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(folder, parts):
    with zipfile.ZipFile(folder / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def refused(folder, reason):
    with pytest.raises(BadInput, match=f"{reason}.*: train it again. Received: .*'{folder}'$") as found:
        load_run(folder)
    assert len(str(found.value)) < 400


def small(*layers):
    return keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, name="head")])


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(BadInput, match=f"The folder has no model.keras: choose .* Received: '{tmp_path}'"):
        load_run(tmp_path)


def test_a_damaged_model_is_named_wherever_it_is_damaged(tmp_path):
    parts = parts_of(small(), tmp_path)
    whole = (tmp_path / "model.keras").read_bytes()
    (tmp_path / "model.keras").write_bytes(b"PK")
    refused(tmp_path, "is damaged, or holds what is not loaded")
    for name in ("config.json", "model.weights.h5"):
        middle = whole.index(parts[name]) + len(parts[name]) // 2
        (tmp_path / "model.keras").write_bytes(whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :])
        refused(tmp_path, f"CRC.*{name}")
        write(tmp_path, {each: content for each, content in parts.items() if each != name})
        refused(tmp_path, "is damaged")
    for content in ("{", "[]", parts["config.json"].replace(b'"units": 1', b'"units": 3')):
        write(tmp_path, {**parts, "config.json": content})
        refused(tmp_path, "is damaged")
    write(tmp_path, {**parts, "config.json": json.dumps(keras.saving.serialize_keras_object(keras.layers.Dense(3)))})
    refused(tmp_path, "holds no model")


def test_a_model_that_would_run_code_is_refused(tmp_path):
    small(keras.layers.Lambda(lambda x: x)).save(tmp_path / "model.keras")
    refused(tmp_path, "Requested the deserialization of a `Lambda` layer")


def test_a_model_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path, monkeypatch):
    parts = parts_of(small(), tmp_path)
    write(tmp_path, {**parts, "more": bytes(2**20)})
    load_run(tmp_path)
    monkeypatch.setattr("kerasdl.files.MOST_MORE", 2**19)
    refused(tmp_path, "KiB that would unpack to 1 MiB")


def test_weights_that_are_not_finite_are_noticed(tmp_path):
    model = small()
    model.set_weights([np.array([[np.nan], [1.0]]), np.zeros(1)])
    model.save(tmp_path / "model.keras")
    refused(tmp_path, "not finite")


def test_the_configuration_is_read_back(tmp_path):
    RunFolder(tmp_path / "run").write_config({"epochs": 5, "target": ("y",)})
    assert load_config(tmp_path / "run") == {"epochs": 5, "target": ["y"]}
    for content in ("{", "5", "[]", "[" * 10**5):
        (tmp_path / "run" / "config.json").write_text(content)
        for folder in (tmp_path / "none", tmp_path / "run"):
            with pytest.raises(BadInput, match=f"no readable config.json: choose .* Received: '{folder}'"):
                load_config(folder)
    (tmp_path / "config.json").symlink_to("/dev/zero")
    with pytest.raises(BadInput, match="no readable config.json"):
        load_config(tmp_path)
