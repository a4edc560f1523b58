"""Everything that can go wrong with a user's input. Each message is one sentence that names the file and the remedy.

DPEError
├── PhotoError      a photo that cannot be read or written
├── ModelError      a model that is unknown or cannot be loaded
├── ConfigError     a configuration with an unknown key or an impossible value
├── DataError       training data that is missing, unmatched or unreadable
├── ArchiveError    an archive, store or cluster that cannot be worked with
└── TrainingError   a training run that cannot go on
    └── DivergenceError   because its losses diverge
"""


class DPEError(Exception):
    """Base of all errors that this package raises on purpose."""


class PhotoError(DPEError):
    """A photo that cannot be read or written."""


class ModelError(DPEError):
    """A model that is unknown or cannot be loaded."""


class ConfigError(DPEError):
    """A configuration with an unknown key or an impossible value."""


class DataError(DPEError):
    """Training data that is missing, unmatched or unreadable."""


class ArchiveError(DPEError):
    """An archive, store or cluster that cannot be worked with."""


class TrainingError(DPEError):
    """A training run that cannot go on."""


class DivergenceError(TrainingError):
    """A training run whose losses diverge."""
