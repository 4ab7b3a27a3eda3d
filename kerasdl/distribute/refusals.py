"""What stock Keras cannot do under a strategy."""

import keras
from kerasdl.optimizers import innermost


def check_supported_by_keras(model: keras.Model) -> None:
    """Check for options that stock Keras 3.15 supports on one device only; without this they fail obscurely.

    Raises:
        ValueError: The model uses such an option under a strategy with several replicas.
    """
    if model.distribute_strategy.num_replicas_in_sync == 1:
        return
    optimizer = innermost(model.optimizer)
    unsupported = {
        "steps_per_execution": model.steps_per_execution if model.steps_per_execution > 1 else None,
        "jit_compile": model.jit_compile or None,
        "gradient_accumulation_steps": optimizer.gradient_accumulation_steps,
        "ema_overwrite_frequency": optimizer.ema_overwrite_frequency if optimizer.use_ema else None,
    }
    for name, value in unsupported.items():
        if value:
            raise ValueError(
                f"Keras does not support {name} under a strategy with several replicas: remove it, or train on one "
                f"device. Received: {name}={value}, {type(model.distribute_strategy).__name__}"
            )
