"""Argument names of fast.ai, Keras, PyTorch, scikit-learn and others, and what kerasdl has for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_SHARE = "a share between 0 and 1"


@dataclass(frozen=True)
class Row:
    """Argument names of other libraries that mean the same argument of kerasdl.

    Attributes:
        ours: Our names, separated by spaces: the first that a function has is meant.
        theirs: Their names, separated by spaces.
        value: Our value for theirs, if it is written differently.
        note: What our value is, if it may differ.

    Example:
        >>> Row("zoom", "max_zoom", lambda value: value - 1).written(1.5)
        '=0.5'
    """

    ours: str
    theirs: str
    value: Callable[[Any], Any] | None = None
    note: str = ""

    def written(self, value: Any) -> str:
        """Our value for theirs, after an equals sign; nothing if it is the same or cannot be told."""
        try:
            found = None if self.value is None else self.value(value)
        except (TypeError, ValueError, LookupError, ArithmeticError):
            found = None
        return "" if found is None else f"={found!r}"


def pair_of_rates(rates: Any) -> tuple[Any, Any] | None:
    """The learning rates of the first and the last layer group, from fast.ai's slice, a list or an array; else None.

    Example:
        >>> pair_of_rates(slice(1e-5, 1e-3))
        (1e-05, 0.001)
    """
    if isinstance(rates, slice):
        # fast.ai's slice(rate) is a tenth of the rate for all groups but the last.
        return (rates.stop / 10 if rates.start is None and rates.stop else rates.start, rates.stop)
    rates = rates.tolist() if isinstance(rates, np.ndarray) else rates
    return (rates[0], rates[-1]) if isinstance(rates, list | tuple) and rates else None


def _share(value: float) -> float | None:
    return value if 0 < value < 1 else None


def _percent(value: float) -> float:
    return value if value < 1 else value / 100


def _kinds(kind: str) -> Callable[[Any], dict[str, str]]:
    return lambda names: dict.fromkeys([names] if isinstance(names, str) else names, kind)


def _high_low(momenta: Sequence[float]) -> tuple[float, float]:
    return (momenta[0], momenta[1])


_ROWS = (
    # data
    Row("batch_size", "bs batch"),
    Row("valid_share test_share", "valid_pct val_pct test_pct", _percent, _SHARE),
    Row(
        "valid_share test_share",
        "validation_split validation_fraction valid_split val_split test_split test_size val_size",
        _share,
        _SHARE,
    ),
    Row("valid_share test_share", "train_size", lambda share: round(1 - share, 6) if 0 < share < 1 else None, _SHARE),
    Row("seed", "random_state random_seed"),
    Row("folder path", "directory root"),
    Row("folder", "path"),
    Row("path", "csv_fname csv filename filepath filepath_or_buffer"),
    Row("frame", "df dataframe data"),
    Row("separator", "sep delimiter"),
    Row("target label", "label_col label_cols label_column label_columns y_col y_name y_names dep_var target_column"),
    Row("text", "text_col text_cols text_column"),
    Row("split", "valid_col valid_idx splits", note='a column of "train" and "valid"'),
    Row("time", "date_col time_col datetime_col timestamp"),
    Row("weight", "sample_weight weights", note="a column"),
    Row("balanced balance", "class_weight class_weights oversample"),
    Row("group", "groups", note="whose images or rows stay together"),
    Row("task", "y_block label_mode class_mode is_regression"),
    Row("kinds", "cat_names cat_cols cat_features categorical_features", _kinds("category")),
    Row("kinds", "cont_names cont_cols numerical_features", _kinds("number")),
    Row("kinds", "drop drop_cols", _kinds("left out")),
    Row("pattern", "pat regex"),
    Row("image", "fn_col x_col image_col filename_col", note="the column of file names"),
    Row("suffix", "suff"),
    Row("tag_separator", "label_delim"),
    Row("images sequences", "x X"),
    Row("labels", "y"),
    Row("classes", "vocab class_names"),
    Row("image_size", "size img_size imgsz input_size target_size resize", note="in pixels"),
    Row("image_size", "item_tfms", note="to which images are center-cropped and resized"),
    Row("augment", "batch_tfms ds_tfms tfms transform transforms", note="such as augment.standard()"),
    Row("channels", "color_mode", lambda mode: {"rgb": 3, "grayscale": 1}[mode], "3 for color, 1 for grayscale"),
    Row("mixing", "mixup cutmix", note="such as mixing.MixUp()"),
    Row("alpha", "alph mixup_alpha cutmix_alpha"),
    Row("series", "id_col unique_id series_id item_id group_ids", note="the column that names the series"),
    Row("covariates", "past_covariates exog"),
    Row("known", "future_covariates futr_exog_list"),
    Row("lookback", "window window_size sequence_length seq_len input_chunk_length context_length n_lags lags"),
    Row("length", "seq_len bptt sequence_length max_length block_size", note="the largest number of tokens per row"),
    Row("vocabulary", "vocab text_vocab tok_tfm tokenizer", note="a Vocabulary, or another tokenizer"),
    Row("max_vocab", "max_tokens vocab_size vocabulary_size"),
    Row("min_freq", "min_count min_frequency"),
    Row("horizon", "forecast_horizon output_chunk_length prediction_length n_ahead steps_ahead fh h"),
    Row("stride", "sequence_stride"),
    Row("season", "seasonal_periods sp period freq", note="in rows"),
    # augmentation
    Row("flip", "do_flip horizontal_flip hflip"),
    Row("flip_vertical", "flip_vert vertical_flip vflip"),
    Row("rotate", "max_rotate rotation_range degrees", note="in degrees"),
    Row("zoom", "max_zoom", lambda largest: round(largest - 1, 6), "by how much images grow at most"),
    Row("scale", "zoom_range", note="the factor is drawn from 1 / (1 + scale) to 1 + scale"),
    Row("warp", "max_warp"),
    Row("brightness", "max_lighting", note="and contrast"),
    Row("shear", "shear_range", note="in degrees"),
    Row("translate", "width_shift_range height_shift_range", note="a share of the image's side"),
    Row("crop_area", "min_scale", lambda least: round(1 - least, 6), "the largest share that is cut off"),
    # learning rate and momentum
    Row("rates", "max_lr lr_max lr lrs learning_rate", pair_of_rates, "those of the first and the last group"),
    Row("factor", "layer_decay", lambda decay: round(1 / decay, 6)),
    Row("peak_lr learning_rate end_lr", "max_lr lr_max"),
    Row("peak_lr learning_rate", "lr initial_learning_rate init_lr base_lr lr0 warmup_target"),
    Row("peak_lr", "learning_rate"),
    Row("start_lr end_lr", "min_lr lr_min eta_min"),
    Row("end_lr", "alpha", note="a learning rate, not a share of the peak"),
    Row("start_divisor", "div div_factor"),
    Row("end_divisor", "div_final final_div"),
    Row("end_divisor", "final_div_factor", note="which divides peak_lr: div_factor times as much"),
    Row("warmup_steps", "num_warmup_steps"),
    Row("warmup_share", "num_warmup_steps warmup_steps warmup_epochs", note="a share of all steps"),
    Row("warmup_share flat_share", "pct_start warmup_ratio warmup_proportion", _percent),
    Row("momentum", "moms", _high_low, "(high, low)"),
    Row("high", "moms", lambda momenta: momenta[0], "and low"),
    Row("high", "max_momentum"),
    Row("low", "base_momentum"),
    Row("momentum", "base_momentum max_momentum", note="(high, low)"),
    Row("momentum beta_1", "mom"),
    Row("beta_1", "momentum"),
    Row("beta_1", "betas", lambda betas: betas[0], "and beta_2"),
    Row("rho beta_2", "sqr_mom"),
    Row("rho", "alpha"),
    Row("shape", "anneal_strategy", lambda name: {"cos": "cosine", "linear": "linear"}[name]),
    Row("shape", "step_mode mode", note='"exponential" or "linear"'),
    Row("total_steps cycle_steps", "num_training_steps decay_steps n_steps"),
    Row("cycle_epochs cycle_steps", "cycle_len first_decay_steps T_0"),
    Row("growth", "cycle_mult T_mult t_mul"),
    Row("num_steps", "num_it num_iter num_training"),
    Row("stop_factor", "stop_div early_stop_threshold diverge_th", note="a multiple of the smallest loss"),
    Row("validation_data", "valid_data val_data val_loader"),
    Row("x", "dls train_data train_loader train_dataloader dataset"),
    Row("at", "freeze_epochs", lambda epochs: [epochs], "the epochs at which one more group is unfrozen"),
    Row("groups", "param_groups layer_groups splitter"),
    Row("weight_decay", "wd"),
    Row("epsilon", "eps"),
    Row("clipnorm", "max_grad_norm max_norm grad_clip gradient_clip_val"),
    # models
    Row("classes outputs", "c n_out c_out num_classes n_classes nb_classes num_labels out_features num_outputs"),
    Row("input_shape", "n_in c_in in_channels in_features input_dim"),
    Row("hidden units", "layers hidden_layer_sizes hidden_units hidden_sizes hidden_size"),
    Row("hidden", "units"),
    Row("units", "hidden n_hid nhid rnn_units"),
    Row("depth", "n_layers num_layers nlayers"),
    Row("vocabulary_size", "vocab_sz vocab_size num_tokens num_embeddings input_dim"),
    Row("embedding", "emb_sz embedding_dim embed_dim embedding_size output_dim", note="its width"),
    Row("tied", "tie_weights tie_word_embeddings"),
    Row("depths", "layers blocks"),
    Row("widths", "filters channels"),
    Row("kernel_size", "ks"),
    Row("dropout", "ps p drop_rate dropout_rate"),
    Row("embedding_dropout", "embed_p"),
    Row(
        "drop_mult", "dropout embed_p input_p weight_p hidden_p output_p", note="which multiplies all rates of dropout"
    ),
    Row("embedding_sizes", "emb_szs"),
    Row("numbers", "n_cont", note="how many"),
    Row("output_range", "y_range"),
    Row("activation", "act act_cls act_fn"),
    Row("normalization", "norm norm_type norm_layer use_bn"),
    Row("weights", "pretrained", lambda flag: "imagenet" if flag is True else None),
    Row("preprocess", "rescale normalize preprocessing_function preprocess_input"),
    Row("head", "custom_head"),
    Row("cell", "rnn_type cell_type"),
    Row("bidirectional", "bidir"),
    # recipes
    Row("data", "dataset data_path directory folder"),
    Row("out", "output output_dir out_dir save_dir log_dir"),
    Row("arch", "architecture backbone model"),
    Row("precision", "amp fp16 mixed_precision dtype"),
)

RENAMED: dict[str, list[Row]] = {}
"""What kerasdl has for an argument of another library, by its name there; where it has several meanings, in order."""
for _row in _ROWS:
    for _name in _row.theirs.split():
        RENAMED.setdefault(_name, []).append(_row)

ELSEWHERE = {
    "shuffle": "training data are always shuffled, and validation data never",
    "subset": "one call makes both parts, .train and .valid",
    "labels": "the labels are found in the data",
    "is_lm": "data.text.language_model makes the batches of a language model",
    "num_workers": "pipelines run in parallel without it",
    "procs": "missing values, categories and scales are taken care of without it",
    "suggest_funcs": "the result's suggestion(rule) reads the curve",
    "show_plot": "the result's plot() draws the curve",
    "decouple_wd": "weight decay is always decoupled",
    "decay": "give a schedule as learning_rate",
    "params": "the optimizer finds them in model.compile",
    "wd": "weight decay is an argument of the optimizer, such as optimizers.AdamW(weight_decay=0.01)",
    "weight_decay": "it is an argument of the optimizer, such as optimizers.AdamW(weight_decay=0.01)",
    "freeze_to": "groups.freeze_to(model, n) freezes all layer groups before group n",
    "freeze_epochs": "callbacks.GradualUnfreezing(at=[1]) unfreezes layer groups at epochs",
    **dict.fromkeys(("epochs", "n_epoch", "steps_per_epoch"), "it is an argument of model.fit"),
    **dict.fromkeys(("loss_func", "opt_func", "metrics"), "it is an argument of model.compile"),
    **dict.fromkeys(
        ("max_rotate", "max_zoom", "max_warp", "max_lighting", "rotate", "zoom", "warp", "brightness", "contrast"),
        "a preset is changed by dataclasses.replace, such as replace(augment.standard(), rotate=20.0)",
    ),
}
"""What to do instead of giving an argument, where no argument of kerasdl stands for it."""
