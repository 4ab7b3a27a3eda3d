"""A run as a repository of the Hugging Face Hub: a folder of model, configuration, metrics, figures and model card."""

import json
import tempfile
from pathlib import Path

from kerasdl.errors import BadInput
from kerasdl.files import atomic_write
from kerasdl.optional import import_optional
from kerasdl.runs.earlier_run import load_config, load_run
from kerasdl.runs.model_card import FIGURES, model_card
from kerasdl.runs.options import shareable
from kerasdl.runs.run_files import RunFiles

HUB = "hf://"
CARD = "README.md"
_COPIED = ("model.keras", "metrics.json", *FIGURES)


def to_hub(run: Path, destination: str | Path) -> None:
    """Writes a run as a repository of the Hugging Face Hub, into a folder or to the Hub itself.

    The repository has `model.keras`, `config.json`, `metrics.json`, the figures that show no sample of the data, and
    `README.md`, the model card. `config.json` says where nothing lies: of absolute paths it has the last part.

    Args:
        run: The folder of a finished run.
        destination: A folder that does not exist, or is empty; or "hf://OWNER/NAME", a repository to which the account
            that `hf auth login` has set may write. A new one is private.

    Raises:
        BadInput: As for `load_run`; the folder is not empty; or the Hub does not accept the files.
        ModuleNotFoundError: huggingface_hub is not installed.

    Example:
        >>> to_hub(Path("runs/pets"), "published/pets")
    """
    name = str(destination)
    if not name.startswith(HUB):
        _write(run, Path(destination), Path(destination).name)
        return
    repository, _ = _parts(name)
    hub = import_optional("huggingface_hub")
    with tempfile.TemporaryDirectory(prefix="kerasdl-") as folder:
        _write(run, Path(folder) / "repository", repository)
        try:
            hub.create_repo(repository, private=True, exist_ok=True)
            hub.upload_folder(repo_id=repository, folder_path=Path(folder) / "repository")
        except Exception as error:  # the hub's HTTP library decides the type
            raise BadInput(
                f"The Hub does not accept the files ({_first_line(error)}): log in with `hf auth login`. "
                f"Received: {name!r}"
            ) from error


def from_hub(run: str | Path) -> Path:
    """The folder of a run, downloaded if it is a repository of the Hugging Face Hub.

    Args:
        run: A folder, which is returned as it is; or "hf://OWNER/NAME", or "hf://OWNER/NAME@REVISION", of which the
            files that `to_hub` writes are downloaded once.

    Raises:
        BadInput: The repository cannot be downloaded.
        ModuleNotFoundError: huggingface_hub is not installed.

    Example:
        >>> from_hub("runs/first")
        PosixPath('runs/first')
    """
    name = str(run)
    if not name.startswith(HUB):
        return Path(run)
    repository, revision = _parts(name)
    hub = import_optional("huggingface_hub")
    try:
        return Path(hub.snapshot_download(repository, revision=revision, allow_patterns=[*_COPIED, "config.json"]))
    except Exception as error:  # as above
        raise BadInput(
            f"The repository cannot be downloaded ({type(error).__name__}: {_first_line(error)}). Received: {name!r}"
        ) from error


def _write(run: Path, folder: Path, name: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"The folder exists and is not empty: choose another one. Received: {str(folder)!r}")
    config = shareable(load_config(run))
    card = model_card(RunFiles.of(run), load_run(run), name)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {each: (run / each).read_bytes() for each in _COPIED if (run / each).is_file()}
    contents |= {"config.json": f"{json.dumps(config, indent=2)}\n".encode(), CARD: card.encode()}
    for file, content in contents.items():
        with atomic_write(folder / file) as temporary:
            temporary.write_bytes(content)


def _parts(name: str) -> tuple[str, str | None]:
    """The repository that is meant, and its revision."""
    repository, _, revision = name.removeprefix(HUB).partition("@")
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise BadInput(f"A repository of the Hub is hf://OWNER/NAME. Received: {name!r}")
    return repository, revision or None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
