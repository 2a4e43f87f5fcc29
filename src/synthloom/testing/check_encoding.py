"""What every encoding must hold to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from synthloom.encoding import Encoding
from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, Protection

if TYPE_CHECKING:
    import pyarrow as pa


def check_encoding(kind: type[Encoding], schema: ColumnSchema, column: pa.ChunkedArray) -> None:
    """Checks that an encoding keeps the contract on one column.

    Raises:
        AssertionError: with the fact that fails.
    """
    import pyarrow as pa

    encoding = kind(schema, Protection()).fit(column)
    parts = encoding.encode(column)
    specs = encoding.parts
    assert len(parts) == len(specs), "encode gives one encoded column a part"
    for spec, part in zip(specs, parts, strict=True):
        assert len(part) == len(column), f"{spec.name}: one code a row"
        assert part.codes.dtype == np.int32, f"{spec.name}: codes are int32"
        assert ((part.codes >= 0) & (part.codes < max(1, spec.n_codes))).all(), f"{spec.name}: codes are in range"
        assert ((part.residuals >= 0) & (part.residuals < 1)).all(), f"{spec.name}: residuals are in [0, 1)"
        assert spec.has_nulls or not part.nulls.any(), f"{spec.name}: gaps are declared"
    positions = np.arange(len(column))
    stream = RandomStream(1)
    decoded = encoding.decode(parts, positions, stream)
    assert decoded.type == schema.arrow_type, f"decode keeps the type: {decoded.type} and {schema.arrow_type}"
    assert len(decoded) == len(column), "decode gives as many values as there are codes"
    if specs:
        gaps = pa.chunked_array([decoded]).is_null().to_numpy()
        assert (gaps == parts[0].nulls).all(), "gaps are where they were"
    _check_state(kind, schema, encoding, column, decoded)
    _check_blocks(kind, schema, encoding, column)
    _check_second_round(encoding, decoded, stream, positions)


def _check_state(
    kind: type[Encoding], schema: ColumnSchema, encoding: Encoding, column: pa.ChunkedArray, decoded: pa.Array
) -> None:
    restored = kind(schema, Protection())
    restored.restore(json.loads(json.dumps(encoding.state(), allow_nan=False)))
    again = restored.decode(restored.encode(column), np.arange(len(column)), RandomStream(1))
    assert again.equals(decoded), "an encoding restored from its state decodes the same values"


def _check_blocks(kind: type[Encoding], schema: ColumnSchema, encoding: Encoding, column: pa.ChunkedArray) -> None:
    half = len(column) // 2
    split = kind(schema, Protection())
    split.learn(split.merge([split.collect(column.slice(0, half)), split.collect(column.slice(half))]))
    assert split.state() == encoding.state(), "statistics of blocks merge into those of the whole"


def _check_second_round(encoding: Encoding, decoded: pa.Array, stream: RandomStream, positions: np.ndarray) -> None:
    """Decoded values are values of the column: encoding and decoding them once more changes nothing."""
    import pyarrow as pa

    if not encoding.schema.learned or bool(getattr(encoding, "rare_rows", False)):
        return
    column = pa.chunked_array([decoded])
    again = encoding.decode(encoding.encode(column), positions, stream)
    if pa.types.is_floating(decoded.type):
        a, b = (np.asarray(x.fill_null(0)) for x in (decoded, again))
        assert np.allclose(a, b, rtol=1e-6, atol=1e-9), "decoded numbers encode and decode to themselves"
    else:
        assert again.equals(decoded), "decoded values encode and decode to themselves"
