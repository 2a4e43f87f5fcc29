import numpy as np
import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.evaluation import EvaluationData
from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, TableSchema


def schema_of(columns, target=None, kinds=None):
    """A schema by hand, so that these tests do not hang on the inference of kinds."""
    arrow = pa.table(columns)
    fields = []
    for field in arrow.schema:
        numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        kind = "numeric" if numeric else "boolean" if pa.types.is_boolean(field.type) else "categorical"
        kind = "datetime" if pa.types.is_temporal(field.type) else "empty" if pa.types.is_null(field.type) else kind
        fields.append(ColumnSchema(name=field.name, kind=(kinds or {}).get(field.name, kind), type=str(field.type)))
    return TableSchema(columns=tuple(fields), target=target)


class Workshop:
    """What the tests of this folder build their tables with."""

    schema_of = staticmethod(schema_of)

    @staticmethod
    def table(**columns):
        return Table(pa.table(columns))

    @classmethod
    def data(
        cls,
        train,
        holdout,
        synthetic,
        target=None,
        kinds=None,
        seed=0,
        quick=False,
        depth="standard",
        shifted=None,
        **roles,
    ):
        tables = [Table.from_frame(t) for t in (train, holdout, synthetic)]
        schema = schema_of(tables[0].arrow, target, kinds).with_roles(**roles)
        moved = None if shifted is None else Table.from_frame(shifted)
        stream = RandomStream(seed, ("evaluation",))
        return EvaluationData.of(*tables, schema, stream, quick=quick, depth=depth, shifted=moved)

    @staticmethod
    def parts(table, *sizes, seed=0):
        """Disjoint random parts of a table."""
        order = np.random.default_rng(seed).permutation(table.n_rows)
        cuts = np.cumsum(sizes)
        assert cuts[-1] <= table.n_rows
        return [table.take(order[end - size : end]) for end, size in zip(cuts, sizes)]

    @staticmethod
    def bootstrap(table, seed=0):
        return table.take(np.random.default_rng(seed).integers(0, table.n_rows, table.n_rows))

    @staticmethod
    def shuffled(table, seed=0):
        draw = np.random.default_rng(seed)
        return Table(pa.table({n: table.column(n).take(draw.permutation(table.n_rows)) for n in table.names}))

    @staticmethod
    def with_near_copies(fresh, train, share, seed=0):
        """``fresh`` with a share of its rows replaced by training rows in which one value is another row's."""
        draw = np.random.default_rng(seed)
        count = int(share * fresh.n_rows)
        copied = train.take(draw.permutation(train.n_rows)[:count])
        changed = draw.integers(0, len(fresh.names), count)
        columns = {}
        for place, name in enumerate(fresh.names):
            own, other = copied.column(name), fresh.column(name).slice(0, count)
            columns[name] = pa.compute.if_else(pa.array(changed == place), other.combine_chunks(), own.combine_chunks())
        return Table.concatenate([Table(pa.table(columns)), fresh.slice(count)])


@pytest.fixture(scope="session")
def workshop():
    return Workshop


@pytest.fixture(scope="session")
def mixed():
    """Made-up rows whose columns hang together; ``mixed(n, seed)``."""

    def make(n, seed):
        draw = np.random.default_rng(seed)
        size = draw.normal(10, 3, n)
        colour = np.array(["red", "green", "blue", "grey"])[
            np.clip((size + draw.normal(0, 1, n)) // 4, 0, 3).astype(int)
        ]
        return Workshop.table(
            size=size,
            amount=pa.array(np.exp(size / 4 + draw.normal(0, 0.3, n)), mask=draw.random(n) < 0.1),
            count=draw.poisson(np.clip(size / 3, 0.1, None)),
            colour=pa.array(colour.tolist()),
            member=draw.random(n) < 1 / (1 + np.exp(10 - size)),
            answer=np.where(size + draw.normal(0, 1, n) > 11, "yes", "no").tolist(),
        )

    return make
