"""Options for sequences and sounds, and the pipelines that they describe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kerasdl.data import sequences
from kerasdl.errors import BadInput
from kerasdl.runs.options import check_counts

GENERATED, EXAMPLES = "cylinder-bell-funnel", 150
# Few training sequences, and the networks and training steps for them; epochs and steps for more, at least.
FEW, MEMBERS, STEPS_OF_FEW = 100, 3, 200
EPOCHS, STEPS = 15, 400
AUGMENT = {"standard": sequences.augment.standard(), "spec": sequences.augment.spec_augment(), "none": None}
# Options that belong to one kind of data, and their defaults there.
OF_TABLES = {"sequence": "id", "label": "label", "time": None, "channels": (), "encoding": None, "separator": None}
OF_SOUNDS = {"sample_rate": None, "bands": 40, "centered": None, "group": None, "on_bad": "raise"}


@dataclass(frozen=True)
class SequenceData:
    """Options for sequences and sounds.

    Example:
        >>> options = SequenceData(data="walks.csv", sequence="person", label="gait")
    """

    data: str = GENERATED
    """'cylinder-bell-funnel' (generated), a .ts, .npz or CSV file (a row for each step), or a folder of class folders
    of WAV files."""
    valid: Path | None = None
    """With a .ts file: another one for validation."""
    sequence: str | None = None
    """Column of a CSV file that tells the sequences apart; by default 'id'."""
    label: str | None = None
    """Column of classes in a CSV file; by default 'label'."""
    time: str | None = None
    """Column of numbers in a CSV file by which the steps are sorted; by default they are in order."""
    channels: tuple[str, ...] = ()
    """Columns of numbers in a CSV file; by default all others."""
    encoding: str | None = None
    """Encoding of a CSV file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent candidate in the header."""
    sample_rate: int | None = None
    """Samples per second of sounds; by default the lowest of the files, at most 16,000."""
    bands: int | None = None
    """Bands of frequencies of sounds; by default 40."""
    centered: bool | None = None
    """Subtract from each band of a sound its mean, which helps with new voices and harms with known ones; by default if
    sounds change more than they differ on average."""
    group: str | None = None
    """Regular expression for the paths of sounds: those with the same first group stay in one part."""
    on_bad: Literal["raise", "skip"] | None = None
    """Sounds that cannot be read: raise (the default) names them and stops, skip leaves them out."""
    valid_share: float = 0.2
    """Share for validation, unless the data are split already."""
    batch_size: int = 16
    """Sequences per batch."""
    augment: Literal["auto", "standard", "spec", "none"] = "auto"
    """Preset: standard for curves and sensors, spec (SpecAugment) for sounds; auto: spec for sounds, else none."""

    def __post_init__(self) -> None:
        check_counts(batch_size=self.batch_size, sample_rate=self.sample_rate, bands=self.bands)


def load_sequences(options: SequenceData, *, seed: int) -> sequences.Sequences:
    """The pipelines that the options describe; the default data are 150 generated shapes in noise.

    Raises:
        BadInput: An option that does not go with the data; or as `data.sequences` says.
        ModuleNotFoundError: pandas is not installed (for a CSV file), or soundfile or soxr (for sounds).

    Example:
        >>> print(load_sequences(SequenceData(), seed=0))
        120 training and 30 validation sequences of 128 steps and 1 channel in 3 classes
    """
    path, suffix = Path(options.data), Path(options.data).suffix.lower()
    is_folder = suffix not in (".ts", ".npz", ".csv", ".tsv") and path.is_dir()
    for names, kind, fits in (
        (("valid",), "a .ts file", suffix == ".ts"),
        (OF_TABLES, "a CSV file", suffix in (".csv", ".tsv")),
        (OF_SOUNDS, "a folder of sounds", is_folder),
    ):
        if not fits and (given := [name for name in names if getattr(options, name) not in (None, ())]):
            raise BadInput(f"{given[0]}: only with {kind}. Received: --data {options.data}")
    preset = options.augment if options.augment != "auto" else "spec" if is_folder else "none"
    common: dict[str, Any] = {"batch_size": options.batch_size, "valid_share": options.valid_share, "seed": seed}
    common["augment"] = AUGMENT[preset]
    if options.data == GENERATED:
        shapes, labels = sequences.cylinder_bell_funnel(EXAMPLES, seed=seed)
        return sequences.from_arrays(shapes, labels, classes=sequences.CYLINDER_BELL_FUNNEL, **common)
    if suffix == ".ts":
        return sequences.from_ts(path, options.valid, **common)
    if suffix == ".npz":
        return sequences.from_npz(path, **common)
    if suffix in (".csv", ".tsv"):
        return sequences.from_csv(path, **_chosen(options, OF_TABLES), **common)
    return sequences.from_audio(path, **_chosen(options, OF_SOUNDS), **common)


def sequence_training(data: sequences.Sequences) -> tuple[int, int]:
    """How many networks to average, and how many epochs to train them, by default.

    Below a hundred training sequences three networks and 200 steps: the mean of several is worth more than one that is
    trained for longer. With more of them one network, 15 epochs and at least 400 steps.

    Example:
        >>> sequence_training(load_sequences(SequenceData(), seed=0))
        (1, 50)
    """
    if len(data.train_names) < FEW:
        return MEMBERS, -(-STEPS_OF_FEW // data.steps)
    return 1, max(EPOCHS, -(-STEPS // data.steps))


def _chosen(options: SequenceData, defaults: dict[str, Any]) -> dict[str, Any]:
    given = {name: getattr(options, name) for name in defaults}
    return {name: default if given[name] is None else given[name] for name, default in defaults.items()}
