"""Which pictures the gallery shows. Each function of `kerasdl.plots` has one at least."""

from typing import NamedTuple

from augmentations import OPERATIONS
from gallery import file_of


class Card(NamedTuple):
    """A picture of the gallery: its file without ending, its title, the function that draws it, the page about it."""

    file: str
    title: str
    function: str
    page: str


# Pictures that stand beside this file; they take minutes, or come from a browser.
KEPT = ("activations_healthy", "groups_healthy", "heat_maps", "top_patches", "tensorboard_projector")
# Pictures of the front page.
FRONT = ("augmentation_standard", "lr_range", "confusion", "top_losses", "heat_maps", "surface")
CARDS = {
    "Training": [
        Card("lr_range", "Learning-rate range test", "plots.lr_range", "lr_range_test"),
        Card("one_cycle", "One-cycle, as it was trained", "plots.schedule", "schedules"),
        Card("schedules", "Schedules of the learning rate", "plots.lines", "schedules"),
        Card("curves", "Loss and accuracy by epoch", "plots.curves", "looking"),
        Card("activations_healthy", "Activations in a healthy training", "plots.activation_stats", "while_it_trains"),
        Card("groups_healthy", "Gradients and updates of layer groups", "plots.group_scalars", "while_it_trains"),
        Card("tensorboard_projector", "Features of digits in the Projector", "runs.save_projector", "tensorboard"),
    ],
    "Classification": [
        Card("confusion", "Confusion matrix", "plots.confusion", "looking"),
        Card("most_confused", "Most confused classes", "plots.most_confused", "looking"),
        Card("top_losses", "The highest losses", "plots.image_sheet", "looking"),
        Card("per_class", "Precision and recall of each class", "plots.per_class", "evaluation"),
        Card("calibration", "Do probabilities come true?", "plots.reliability", "evaluation"),
        Card("roc", "ROC curve", "plots.roc", "evaluation"),
        Card("precision_recall", "Precision over recall", "plots.precision_recall", "evaluation"),
        Card("threshold", "What a threshold does", "plots.thresholds", "evaluation"),
    ],
    "Numbers, tables and series": [
        Card("residuals", "Predictions, and what they miss", "plots.residuals", "evaluation"),
        Card("importance", "Importance of columns", "plots.importance", "tables"),
        Card("table_sheet", "Rows of a table", "plots.table_sheet", "tables"),
        Card("bars", "Numbers by name", "plots.bars", "looking"),
        Card("series", "Chaotic series", "plots.line_sheet", "series"),
        Card("fan", "A forecast with its intervals", "plots.fan", "series"),
        Card("weighed_lines", "What weighed in sequences", "plots.weighed_lines", "sequences"),
        Card("piano_roll", "Chords that an LSTM wrote", "plots.piano_roll", "music"),
        Card("spectrograms", "Sounds as log-mel spectrograms", "plots.spectrogram_sheet", "audio"),
    ],
    "What the network sees": [
        Card("heat_maps", "Grad-CAM, gradients, occlusion", "plots.heat_maps", "what_the_network_sees"),
        Card("top_patches", "Patches that excite a filter", "plots.patch_rows", "what_the_network_sees"),
        Card("activation_grid", "Activations, layer by layer", "plots.activation_grid", "what_the_network_sees"),
        Card("filters", "Filters of the first convolution", "plots.filter_sheet", "what_the_network_sees"),
        Card("attention", "Attention of digits to digits", "plots.attention", "translation"),
        Card("text_sheet", "Texts", "plots.text_sheet", "text"),
    ],
    "Lessons": [
        Card("paths", "Gradient descent in a valley", "plots.paths", "lessons"),
        Card("surface", "Decision surface", "plots.surface", "lessons"),
        Card("neurons", "What each neuron says", "plots.neurons", "lessons"),
        Card("animation", "A training, step by step", "plots.animation", "lessons"),
    ],
}


def sections() -> dict[str, list[Card]]:
    """The cards of each section; those of augmentations come first."""
    functions = dict.fromkeys(OPERATIONS, "augment.Augmentation")
    functions |= {name: f"augment.{name.split('(')[0]}" for name in OPERATIONS if "(" in name}
    functions |= {"MixUp()": "mixing.MixUp", "CutMix()": "mixing.CutMix"}
    operations = [
        Card(file_of(name), name.replace("\n", ", "), function, "augmentation") for name, function in functions.items()
    ]
    return {"Augmentation": operations, **CARDS}
