from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.errors import BadInput
from kerasdl.models import load_encoder, save_encoder
from safetensors.numpy import save_file

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "awd_lstm.npz")
WORDS = ["", "[UNK]", "xxbos", "the", "cat", "sat"]


def small(words=WORDS, *, build=models.awd_lstm, seed=0, **options):
    keras.utils.set_random_seed(seed)
    return build(len(words), batch_size=2, **{"embedding": 4, "units": 5, "depth": 2, **options})


def arrays(model):
    return {weight.path.split("/", 1)[-1]: weight.numpy() for weight in model.weights}


def fastai_words():
    return ["xxunk", "xxpad", *(f"word{n}" for n in range(28))]


def fastai_file(folder, **changes):
    """The golden network of fastai 2.8.12, with the names of `learn.save`."""
    tensors = {f"0.{name.removeprefix('w:')}": GOLDEN[name] for name in GOLDEN if name.startswith("w:")}
    tensors |= {"0.encoder_dp.emb.weight": tensors["0.encoder.weight"], "1.decoder.weight": tensors["0.encoder.weight"]}
    tensors |= {"1.decoder.bias": GOLDEN["decoder_bias"], **changes}
    save_file(
        {name: np.ascontiguousarray(each) for name, each in tensors.items() if each is not None},
        folder / "f.safetensors",
    )
    return folder / "f.safetensors"


def test_logits_and_carried_state_of_fastais_weights_equal_fastais(tmp_path):
    model = models.awd_lstm(30, batch_size=4, embedding=12, units=20)
    words = ["[UNK]", "", *fastai_words()[2:]]
    new = load_encoder(model, fastai_file(tmp_path), words, file_words=fastai_words())
    assert new == []
    tokens = GOLDEN["tokens"]
    logits = model({"tokens": tokens, "start": np.ones(4)})
    np.testing.assert_allclose(logits, GOLDEN["logits"], atol=1e-5)
    again = model({"tokens": tokens[:, ::-1], "start": np.zeros(4)})
    expected = GOLDEN["second"] @ GOLDEN["w:encoder.weight"].T + GOLDEN["decoder_bias"]
    np.testing.assert_allclose(again, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (models.awd_lstm, {}),
        (models.language_model, {"cell": "gru"}),
        (models.language_model, {"cell": "rnn", "tied": False}),
    ],
    ids=["awd_lstm", "gru", "rnn"],  # the same in every process that runs tests
)
def test_an_encoder_is_loaded_as_it_was_saved(build, options, tmp_path):
    saved, loaded = (small(build=build, seed=seed, **options) for seed in (0, 1))
    save_encoder(saved, tmp_path / "encoder.npz", WORDS)
    assert load_encoder(loaded, tmp_path / "encoder.npz", WORDS) == []
    for name, found in arrays(loaded).items():
        if name.startswith("embeddings") or "cell" in name:
            assert np.array_equal(found, arrays(saved)[name]), name


def test_rows_go_to_the_same_words_and_new_words_get_the_mean_row(tmp_path):
    words = ["", "[UNK]", "xxbos", "sat", "dog", "the"]
    saved, loaded = small(seed=0), small(words, seed=1)
    saved.get_layer("head_embedding").bias.assign(np.arange(6.0))
    save_encoder(saved, tmp_path / "encoder.npz", WORDS)
    assert load_encoder(loaded, tmp_path / "encoder.npz", words) == ["dog"]
    (matrix, _), (found, found_bias) = (each.get_layer("head_embedding").get_weights() for each in (saved, loaded))
    np.testing.assert_allclose(found, [*matrix[[0, 1, 2, 5]], matrix.mean(axis=0), matrix[3]], rtol=1e-6)
    assert found_bias.tolist() == [0, 1, 2, 5, 2.5, 3]


def test_without_a_bias_in_the_file_the_models_stays(tmp_path):
    save_encoder(small(tied=False), tmp_path / "encoder.npz", WORDS)
    tied = small(units=4)
    with pytest.raises(BadInput, match="of another shape: stage1_lstm.kernel"):
        load_encoder(tied, tmp_path / "encoder.npz", WORDS)
    save_encoder(small(tied=False, units=4), tmp_path / "encoder.npz", WORDS)
    tied.get_layer("head_embedding").bias.assign(np.arange(6.0))
    load_encoder(tied, tmp_path / "encoder.npz", WORDS)
    assert tied.get_layer("head_embedding").bias.numpy().tolist() == [0, 1, 2, 3, 4, 5]


def test_what_does_not_fit_leaves_the_model_as_it_was(tmp_path):
    model = small()
    before = arrays(model)
    save_encoder(small(build=models.language_model, cell="gru"), tmp_path / "gru.npz", WORDS)
    (tmp_path / "half.npz").write_bytes((tmp_path / "gru.npz").read_bytes()[:500])
    wrong = {
        "gru.npz": "missing from the file: stage1_lstm.kernel.*not in the model: stage1_gru.kernel",
        "half.npz": "The file is damaged, or no encoder",
        "none.npz": "No such file",
    }
    for name, message in wrong.items():
        with pytest.raises(BadInput, match=message):
            load_encoder(model, tmp_path / name, WORDS)
    with pytest.raises(BadInput, match="one word per row of the embedding, 6. Received: 5 words"):
        load_encoder(model, tmp_path / "gru.npz", WORDS[:5])
    assert all(np.array_equal(before[name], value) for name, value in arrays(model).items())


@pytest.mark.parametrize("words", [b"5", b"[1]", b'{"the": 1}', b"[" * 10**5, b"\xff"])
def test_words_that_are_no_list_of_strings_are_damaged(words, tmp_path):
    np.savez(tmp_path / "encoder.npz", embedding=np.zeros((1, 4)), words=np.frombuffer(words, np.uint8))
    with pytest.raises(BadInput, match="The file is damaged, or no encoder"):
        models.encoder_words(tmp_path / "encoder.npz")


def test_files_of_fastai_are_read_strictly(tmp_path):
    model = models.awd_lstm(30, batch_size=4, embedding=12, units=20)
    words = fastai_words()
    with pytest.raises(BadInput, match="holds no words: pass file_words"):
        load_encoder(model, fastai_file(tmp_path), words)
    with pytest.raises(BadInput, match="fastai's AWD-LSTM has no weight 'rnns.0.module.weight_ih_l1'"):
        load_encoder(
            model, fastai_file(tmp_path, **{"0.rnns.0.module.weight_ih_l1": np.zeros(1)}), words, file_words=words
        )
    with pytest.raises(BadInput, match="missing from the file: stage3_lstm.kernel"):
        load_encoder(model, fastai_file(tmp_path, **{"0.rnns.2.module.weight_ih_l0": None}), words, file_words=words)


def test_an_encoder_of_another_language(tmp_path):
    save_encoder(small(), tmp_path / "encoder.npz", WORDS)
    model = small(["", "[UNK]", "xxbos", "der", "Hund", "sass"], seed=1)
    with pytest.raises(BadInput, match="The file has none of these words"):
        load_encoder(model, tmp_path / "encoder.npz", ["", "[UNK]", "xxbos", "der", "Hund", "sass"])


def test_wrong_arguments(tmp_path):
    with pytest.raises(BadInput, match="ends in .npz. Received: path='encoder.h5'"):
        save_encoder(small(), "encoder.h5", WORDS)
    with pytest.raises(BadInput, match="Received: 5 words"):
        save_encoder(small(), tmp_path / "encoder.npz", WORDS[:5])
    save_encoder(small(), tmp_path / "encoder.npz", WORDS)
    with pytest.raises(BadInput, match="The file holds its words"):
        load_encoder(small(), tmp_path / "encoder.npz", WORDS, file_words=WORDS)
    with pytest.raises(ValueError, match=r"must come from models.language_model.*Received: 'mlp'"):
        save_encoder(models.mlp((3,), 2), tmp_path / "encoder.npz", WORDS)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_sizes_and_words_of_a_file_make_a_classifier_that_takes_its_weights(tmp_path, cell):
    language_model = small(build=models.language_model, cell=cell, depth=3)
    save_encoder(language_model, tmp_path / "e.npz", WORDS)
    sizes = models.encoder_sizes(tmp_path / "e.npz")
    assert sizes == {"cell": cell, "embedding": 4, "units": (5, 5, 4)}
    assert models.encoder_words(tmp_path / "e.npz") == tuple(WORDS)
    classifier = models.text_classifier(len(WORDS), 2, **sizes)
    assert load_encoder(classifier, tmp_path / "e.npz", WORDS) == []
    tokens = np.array([[2, 3, 4, 5], [2, 5, 5, 1]])
    body = next(layer for layer in language_model.layers if layer.name == "stage3_regularization").input
    expected = keras.Model(language_model.input, body)({"tokens": tokens, "start": np.ones(2)})
    np.testing.assert_allclose(classifier.get_layer("encoder")(tokens)[0], expected, atol=1e-6)


def test_a_file_without_an_encoder_has_no_sizes(tmp_path):
    save_file({"encoder.weight": np.zeros((3, 2), np.float32)}, tmp_path / "f.safetensors")
    with pytest.raises(BadInput, match="no embedding and recurrent layers"):
        models.encoder_sizes(tmp_path / "f.safetensors")
    with pytest.raises(BadInput, match="No such file"):
        models.encoder_words(tmp_path / "none.npz")
