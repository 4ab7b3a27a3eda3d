"""A run as a repository of the Hub, in a folder; what would go over the network is replaced."""

import json
import shutil
from functools import partial

import huggingface_hub
import pytest
from kerasdl import runs
from kerasdl.errors import BadInput

from tests.examples import write_run
from tests.recipes.bad_input import earlier_run

HOSTILE = '<img src=x onerror="alert(1)"> | [a](b)\n# *c*: {d: e}'


@pytest.fixture
def run(tmp_path):
    """The folder of a finished run with a small network, and figures."""
    folder = tmp_path / "small"
    folder.mkdir()
    write_run(folder)
    shutil.copy(earlier_run("images") / "model.keras", folder)
    (folder / "confusion.png").write_bytes(b"a figure")
    (folder / "top_losses.png").write_bytes(b"samples of the data")
    config = {"data": "/home/me/pets", "out": "/home/me/runs", "weights": "C:\\weights\\a.keras"}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_repository_has_the_model_and_no_sample_or_place(run, tmp_path):
    runs.to_hub(run, tmp_path / "published" / "pets")
    published = tmp_path / "published" / "pets"
    names = {each.name for each in published.iterdir()}
    assert names == {"README.md", "config.json", "confusion.png", "metrics.json", "model.keras"}
    for name in ("model.keras", "metrics.json", "confusion.png"):
        assert (published / name).read_bytes() == (run / name).read_bytes()
    config = {"data": "pets", "weights": "a.keras"}
    assert json.loads((published / "config.json").read_text()) == config
    assert "/home" not in (published / "README.md").read_text()
    assert runs.load_run(runs.from_hub(published)).output_shape == (None, 2)


def test_the_card_is_read_by_the_hub(run, tmp_path):
    runs.to_hub(run, tmp_path / "pets")
    card = huggingface_hub.ModelCard.load(tmp_path / "pets" / "README.md")
    assert (card.data.library_name, card.data.pipeline_tag) == ("keras", "image-classification")
    results = {each.metric_type: each.metric_value for each in card.data.eval_results}
    assert results == {"loss": 0.5, "accuracy": 0.75}
    assert {each.dataset_name for each in card.data.eval_results} == {"pets"}
    for said in ("one of the classes a, b (2)", "Validation has only 40 rows", "](confusion.png)", "| 75.00 % |"):
        assert said in card.text


def test_no_name_becomes_part_of_the_card(run, tmp_path):
    config, metrics = run / "config.json", run / "metrics.json"
    config.write_text(json.dumps({"data": HOSTILE}))
    metrics.write_text(json.dumps({**json.loads(metrics.read_text()), "warning": HOSTILE}))
    runs.to_hub(run, tmp_path / "pets")
    card = huggingface_hub.ModelCard.load(tmp_path / "pets" / "README.md")
    assert card.data.eval_results[0].dataset_name == HOSTILE
    assert "<img" not in card.text.replace(r"\<img", "")
    assert "\n# *c*" not in card.text


def test_a_folder_with_something_in_it_is_left_alone(run, tmp_path):
    with pytest.raises(BadInput, match="The folder exists and is not empty"):
        runs.to_hub(run, run)
    with pytest.raises(BadInput, match=r"A repository of the Hub is hf://OWNER/NAME. Received: 'hf://pets'"):
        runs.to_hub(run, "hf://pets")


def test_to_the_hub_and_back(run, monkeypatch):
    sent, asked = {}, {}

    def upload_folder(*, repo_id, folder_path):
        sent.update({repo_id: sorted(each.name for each in folder_path.iterdir())})

    def snapshot_download(repository, **options):
        asked.update(options)
        return run

    monkeypatch.setattr(huggingface_hub, "create_repo", lambda name, **options: sent.update(options))
    monkeypatch.setattr(huggingface_hub, "upload_folder", upload_folder)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    runs.to_hub(run, "hf://me/pets")
    files = ["README.md", "config.json", "confusion.png", "metrics.json", "model.keras"]
    assert sent == {"private": True, "exist_ok": True, "me/pets": files}
    assert runs.from_hub("hf://me/pets@v1") == run
    assert asked["revision"] == "v1"
    assert {"model.keras", "config.json", "metrics.json"} < {*asked["allow_patterns"]}


def test_what_was_downloaded_is_links(run, tmp_path, monkeypatch):
    """The Hub's library keeps files by their content, and a folder of links to them for each commit."""
    runs.to_hub(run, tmp_path / "pets")
    kept, commit = tmp_path / "cache" / "models--me--pets", 40 * "a"
    for folder in (kept / "blobs", kept / "snapshots" / commit, kept / "refs"):
        folder.mkdir(parents=True)
    (kept / "refs" / "main").write_text(commit)
    for number, file in enumerate((tmp_path / "pets").iterdir()):
        file.rename(kept / "blobs" / str(number))
        (kept / "snapshots" / commit / file.name).symlink_to(f"../../blobs/{number}")
    options = {"local_files_only": True, "cache_dir": tmp_path / "cache"}
    monkeypatch.setattr(huggingface_hub, "snapshot_download", partial(huggingface_hub.snapshot_download, **options))
    folder = runs.from_hub("hf://me/pets")
    assert (folder / "model.keras").is_symlink()
    assert runs.load_run(folder).output_shape == (None, 2)
    assert runs.load_config(folder)["data"] == "pets"


def test_a_hub_that_does_not_answer_is_one_sentence(run, monkeypatch):
    def fail(*_, **__):
        raise OSError("no network\nand more")

    for name in ("create_repo", "snapshot_download"):
        monkeypatch.setattr(huggingface_hub, name, fail)
    with pytest.raises(BadInput, match=r"cannot be downloaded \(OSError: no network\). Received: 'hf://me/pets'"):
        runs.from_hub("hf://me/pets")
    with pytest.raises(BadInput, match=r"does not accept the files \(no network\): log in"):
        runs.to_hub(run, "hf://me/pets")
