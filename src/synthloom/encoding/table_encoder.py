"""All encodings of one table: columns in, encoded parts out, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.data import Table
from synthloom.encoding.base import EncodedColumn, EncodedTable, Encoding, PartSpec, Suppression
from synthloom.encoding.categorical import CategoricalEncoding
from synthloom.encoding.datetime import DatetimeEncoding
from synthloom.encoding.derivations import Derivations
from synthloom.encoding.identifier import IdentifierEncoding
from synthloom.encoding.numeric import NumericEncoding
from synthloom.encoding.regenerated import ConstantEncoding, EmptyEncoding, PersonalEncoding
from synthloom.encoding.text import TextEncoding
from synthloom.errors import SchemaError
from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, Protection, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

ENCODINGS: dict[str, type[Encoding]] = {
    "numeric": NumericEncoding,
    "categorical": CategoricalEncoding,
    "boolean": CategoricalEncoding,
    "datetime": DatetimeEncoding,
    "identifier": IdentifierEncoding,
    "text": TextEncoding,
    "constant": ConstantEncoding,
    "empty": EmptyEncoding,
    "personal": PersonalEncoding,
}
"""Which encoding serves which kind of column."""

_BLOCK_ROWS = 2**20


def encoding_for(column: ColumnSchema, protection: Protection) -> Encoding:
    """A fresh encoding for a column."""
    return ENCODINGS["personal" if column.personal else column.kind](column, protection)


class TableEncoder:
    """The encodings of the columns of one schema, in order, and the relations between columns.

    Attributes:
        encodings: by column.
        derivations: the relations that hold in all training rows; :meth:`decode` keeps them exactly.
    """

    def __init__(self, schema: TableSchema) -> None:
        self.schema = schema
        self.derivations = Derivations()
        self.encodings: dict[str, Encoding] = {c.name: encoding_for(c, schema.protection) for c in schema}

    def fit(self, table: Table) -> TableEncoder:
        """Learns every encoding from ``table``, block by block, and the relations between its columns.

        Raises:
            SchemaError: if a column of the schema is missing or holds another type.
        """
        check_columns(table, self.schema)
        for name, encoding in self.encodings.items():
            blocks = [encoding.collect(block.column(name)) for block in table.batches(_BLOCK_ROWS)]
            encoding.learn(blocks[0] if len(blocks) == 1 else encoding.merge(blocks))
        self.derivations = Derivations.find(table, self.schema)
        return self

    def keep_keys_apart(self, previous: TableEncoder, fresh: Table) -> None:
        """Has keys stay off those that ``previous`` was learned from and those in ``fresh``, the only real ones."""
        for name, encoding in self.encodings.items():
            before = previous.encodings[name]
            if isinstance(encoding, IdentifierEncoding) and isinstance(before, IdentifierEncoding):
                encoding.stay_off(before, encoding.collect(fresh.column(name)))

    @property
    def specs(self) -> tuple[PartSpec, ...]:
        """The parts of all columns, in order."""
        return tuple(spec for encoding in self.encodings.values() for spec in encoding.parts)

    @property
    def suppressed(self) -> tuple[Suppression, ...]:
        """What the protection took out, column by column."""
        return tuple(item for encoding in self.encodings.values() for item in encoding.suppressed)

    @property
    def in_place(self) -> tuple[str, ...]:
        """Derived columns whose sources all come before them: a chain can :meth:`derive` them."""
        return self.derivations.in_place(self.schema.names)

    @property
    def derived_parts(self) -> dict[str, str]:
        """The column of each part that a chain computes rather than draws, by the name of the part."""
        return {spec.name: name for name in self.in_place for spec in self.encodings[name].parts}

    def encode(self, table: Table) -> EncodedTable:
        """The parts of every column."""
        columns: dict[str, EncodedColumn] = {}
        for name, encoding in self.encodings.items():
            for spec, part in zip(encoding.parts, encoding.encode(table.column(name)), strict=True):
                columns[spec.name] = part
        return EncodedTable(self.specs, columns, table.n_rows)

    def decode(
        self,
        encoded: EncodedTable,
        start: int,
        stream: RandomStream,
        *,
        names: Sequence[str] | None = None,
    ) -> Table:
        """The table that the parts stand for, in which every relation of :attr:`derivations` holds.

        Args:
            encoded: the parts; those of a column that is derived with its sources' gaps are not read.
            start: the place of its first row in the whole sample.
            stream: draws what the parts leave open.
            names: only these columns; all learned ones must be among them, or none.
        """
        import pyarrow as pa

        positions = np.arange(start, start + encoded.n_rows, dtype=np.int64)
        relations = self.derivations.relations
        wanted = [name for name in self.encodings if names is None or name in names]
        arrays = {
            name: self._decoded(name, encoded.columns, positions, stream)
            for name in wanted
            if name not in relations or relations[name].gaps == "own"
        }
        if self.derivations and any(self.schema.column(name).learned for name in wanted):
            arrays = self.derivations.apply(arrays, self.schema, stream, self._drawn)
        return Table(pa.table([arrays[name] for name in wanted], names=wanted))

    def derive(
        self, name: str, columns: Mapping[str, EncodedColumn], positions: np.ndarray, stream: RandomStream
    ) -> dict[str, EncodedColumn] | None:
        """The parts of a derived column, by part name, computed from the parts of its sources.

        For synthesizers that draw column after column: later columns then see the value that
        :meth:`decode` will give. ``None`` if the column is not derived, or its gaps are its own.

        Args:
            name: the derived column.
            columns: at least all parts of its sources.
            positions: int64 [n], the rows' places in the whole sample.
            stream: draws what the sources' parts leave open.
        """
        relation = self.derivations.relations.get(name)
        if relation is None or relation.gaps != "sources":
            return None
        import pyarrow as pa

        arrays = {source: self._decoded(source, columns, positions, stream) for source in relation.sources}
        made = self.derivations.computed(name, arrays, self.schema)
        encoding = self.encodings[name]
        parts = encoding.encode(pa.chunked_array([made]))
        return {spec.name: part for spec, part in zip(encoding.parts, parts, strict=True)}

    def _decoded(
        self, name: str, columns: Mapping[str, EncodedColumn], positions: np.ndarray, stream: RandomStream
    ) -> pa.Array:
        encoding = self.encodings[name]
        # one stream for all personal columns: name and e-mail of a row belong to one person
        child = stream.child("personal") if encoding.schema.personal else stream.child("column", name)
        return encoding.decode(tuple(columns[spec.name] for spec in encoding.parts), positions, child)

    def _drawn(self, name: str, n: int, stream: RandomStream) -> pa.Array:
        """``n`` values of a column, its codes drawn evenly: bins hold about equally many rows."""
        encoding, rng = self.encodings[name], stream.generator()
        nowhere = np.zeros(n, dtype=bool)
        parts = {
            spec.name: EncodedColumn.drawn(rng.integers(0, spec.n_codes, n), nowhere, rng.random(n), spec)
            for spec in encoding.parts
        }
        return self._decoded(name, parts, np.arange(n, dtype=np.int64), stream)

    def state(self) -> dict[str, Any]:
        """What was learned, as plain JSON values: by column, and the relations between columns."""
        columns = {name: encoding.state() for name, encoding in self.encodings.items()}
        return {"columns": columns, "derivations": self.derivations.state()}

    @classmethod
    def from_state(cls, schema: TableSchema, state: Mapping[str, Any]) -> TableEncoder:
        """The encoder that :meth:`state` described."""
        encoder = cls(schema)
        for name, encoding in encoder.encodings.items():
            encoding.restore(state["columns"][name])
        encoder.derivations = Derivations.from_state(state["derivations"])
        return encoder


def check_columns(table: Table, schema: TableSchema) -> None:
    """Raises :class:`SchemaError` where ``table`` does not have the columns of ``schema``."""
    missing = [name for name in schema.names if name not in table.names]
    if missing:
        raise SchemaError(
            f"the data lack the columns {', '.join(missing[:5])}",
            accepted=f"the columns of the schema: {', '.join(schema.names[:8])}",
            hint="remove them from the schema, or infer a new one with `synthloom schema`",
        )
    for column in schema:
        given = table.column(column.name).type
        if str(given) != column.type:
            raise SchemaError(
                f'the column "{column.name}" holds {given}, its schema says {column.type}',
                hint="infer a new schema, or convert the column",
            )
