"""Training over several devices and machines, with the weights of one."""

from kerasdl.distribute.cluster import is_chief, worker, workers
from kerasdl.distribute.refusals import check_supported_by_keras
from kerasdl.distribute.strategies import MirroredStrategy, MultiWorkerMirroredStrategy, largest_of_workers, strategy

__all__ = [
    "MirroredStrategy",
    "MultiWorkerMirroredStrategy",
    "check_supported_by_keras",
    "is_chief",
    "largest_of_workers",
    "strategy",
    "worker",
    "workers",
]
