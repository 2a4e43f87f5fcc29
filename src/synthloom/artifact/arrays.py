"""Arrays as safetensors: numbers with a header, no code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from synthloom.errors import ArtifactError

if TYPE_CHECKING:
    import numpy as np


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays by name; equal arrays, equal bytes."""
    import numpy as np
    from safetensors.numpy import save

    path.write_bytes(save({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays that :func:`write_arrays` wrote.

    Raises:
        ArtifactError: if the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(path.read_bytes())
    except OSError as error:
        raise ArtifactError(f'cannot read "{path}": {error.strerror}', hint="check the path") from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f'"{path.name}" is damaged: {error}', hint="take the folder from its source again"
        ) from error
