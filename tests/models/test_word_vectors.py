import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.errors import BadInput

WORDS = ("", "[UNK]", "xxbos", "good", "Paris", "nowhere")


def classifier():
    keras.utils.set_random_seed(0)
    return models.text_classifier(len(WORDS), 2, embedding=2, units=(3,))


def embeddings(model):
    return model.get_layer("encoder").layer.get_layer("stem_embedding").embeddings.numpy()


def load(folder, text, model=None):
    (folder / "vectors.txt").write_text(text)
    return models.load_vectors(model or classifier(), folder / "vectors.txt", WORDS)


@pytest.mark.parametrize("first", ["", "3 2\n"], ids=["GloVe", "fastText"])
def test_words_get_their_vectors_and_others_keep_their_weights(tmp_path, first):
    model, before = classifier(), embeddings(classifier())
    unknown = load(tmp_path, f"{first}good 4 -2\nparis 1 3\nbad 9 9\n", model)
    assert unknown == ["", "[UNK]", "xxbos", "nowhere"]
    found = embeddings(model)
    np.testing.assert_array_equal(found[[0, 1, 2, 5]], before[[0, 1, 2, 5]])
    scale = before.std() / np.std([4, -2, 1, 3])
    np.testing.assert_allclose(found[[3, 4]], np.array([[4, -2], [1, 3]]) * scale, rtol=1e-6)


def test_the_case_of_the_file_comes_first_and_words_may_contain_spaces(tmp_path):
    model = classifier()
    load(tmp_path, "paris 1 1\nParis 2 0\n. . . 5 5\ngood -2 0\n", model)
    found = embeddings(model)
    np.testing.assert_allclose(found[4], -found[3], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("good 1 2\nParis 1\n", r"a word and 2 numbers.*line 2 of .*'Paris 1"),
        ("good 1.5 2.5 3.5\n", r"a word and 2 numbers.*line 1 of"),
        ("good 1 two\n", r"Not a number .*'two'.*line 1 of"),
        ("good 1 nan\n", r"must be finite. Received: line 1 of"),
        ("bad 1 2\n", r"a vector for none of the 6 words. Received: path="),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(tmp_path, text, message):
    model, before = classifier(), embeddings(classifier())
    with pytest.raises(BadInput, match=message):
        load(tmp_path, text, model)
    np.testing.assert_array_equal(embeddings(model), before)


def test_a_missing_file_another_number_of_words_and_a_model_without_embedding_are_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        models.load_vectors(classifier(), tmp_path / "none.txt", WORDS)
    with pytest.raises(BadInput, match="A device is not a file of vectors. Received: path='/dev/null'"):
        models.load_vectors(classifier(), "/dev/null", WORDS)
    with pytest.raises(ValueError, match=r"one word per row of the embedding. Received: 5 for \(6, 2\)"):
        models.load_vectors(classifier(), tmp_path / "none.txt", WORDS[1:])
    with pytest.raises(ValueError, match="needs one layer stem_embedding"):
        models.load_vectors(models.mlp((3,), 2), tmp_path / "none.txt", WORDS)


def test_vectors_that_do_not_differ_are_not_scaled(tmp_path):
    model = classifier()
    load(tmp_path, "good 3 3\n", model)
    assert embeddings(model)[3].tolist() == [3, 3]
