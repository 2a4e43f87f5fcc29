"""What every synthesizer must hold to, one function a fact."""

from __future__ import annotations

import ast
import inspect
import json
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import ConditionError, InputError, NotFittedError, OptionError
from synthloom.execution import LocalExecutor, SerialExecutor
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, infer_schema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.base import MINIMUM_ROWS, read_model
from synthloom.testing.tables import mixed_table

_PRIVATE_ROWS = 4_000


def check_synthesizer(synthesizer: Synthesizer) -> None:
    """Checks that ``synthesizer``, fresh and unfitted, keeps the contract.

    Raises:
        AssertionError: with the fact that fails.
    """
    for check in CHECKS:
        check(_fresh(synthesizer))


def _fresh(synthesizer: Synthesizer) -> Synthesizer:
    return type(synthesizer)(**synthesizer.get_params())


def _table(synthesizer: Synthesizer) -> Table:
    """Mock rows; more of them where noise is added, which drowns a few hundred."""
    return mixed_table(_PRIVATE_ROWS if synthesizer.capabilities.private else 400)


def _schema(synthesizer: Synthesizer, table: Table) -> TableSchema | None:
    """What to declare public under a privacy budget: the rows are made up, so what they look like is public."""
    return infer_schema(table) if synthesizer.capabilities.private else None


def _fitted(synthesizer: Synthesizer, table: Table | None = None, seed: int = 1) -> Synthesizer:
    table = table or _table(synthesizer)
    return synthesizer.fit(table, _schema(synthesizer, table), seed=seed)


def _rows(model: Synthesizer, size: int, seed: int = 2, **more: Any) -> Any:
    """Sampled rows as an Arrow table, whatever kind of frame the model gives back."""
    return Table.from_frame(model.sample(size, seed=seed, **more)).arrow


def check_declares_itself(synthesizer: Synthesizer) -> None:
    assert isinstance(synthesizer.name, str) and synthesizer.name.isidentifier(), "it has a name in snake_case"
    assert synthesizer.capabilities is not None, "it declares its capabilities"
    assert inspect.getdoc(type(synthesizer)), "it has a docstring"


def check_constructor_only_stores(synthesizer: Synthesizer) -> None:
    parameters = inspect.signature(type(synthesizer)).parameters
    for name, parameter in parameters.items():
        assert parameter.kind is parameter.KEYWORD_ONLY, f"the parameter {name} is keyword-only"
        assert parameter.default is not parameter.empty, f"the parameter {name} has a default"
        assert getattr(synthesizer, name) is parameter.default or getattr(synthesizer, name) == parameter.default, (
            f"the constructor only stores {name}"
        )
    learned = [name for name in vars(synthesizer) if name.endswith("_") and not name.startswith("_")]
    assert not learned, f"nothing is learned before fit, yet there is {learned}"


def check_every_parameter_acts(synthesizer: Synthesizer) -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(type(synthesizer))))
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    for name in inspect.signature(type(synthesizer)).parameters:
        assert name in read, f"the parameter {name} is read somewhere"


def check_unfitted_is_refused(synthesizer: Synthesizer) -> None:
    try:
        synthesizer.sample(1)
    except NotFittedError:
        return
    raise AssertionError("sampling before fit raises NotFittedError")


def check_input_is_untouched(synthesizer: Synthesizer) -> None:
    table = _table(synthesizer)
    before = table.arrow.to_pydict()
    _fitted(synthesizer, table)
    assert table.arrow.to_pydict() == before, "fit leaves the data as they were"


def check_exact_number_of_rows(synthesizer: Synthesizer) -> None:
    model = _fitted(synthesizer)
    for size in (0, 1, 257):
        assert _rows(model, size).num_rows == size, f"sample({size}) gives {size} rows"
    wrong: tuple[Any, ...] = (-1, 1.5, "ten", None)
    for given in wrong:
        try:
            model.sample(given)
        except OptionError:
            continue
        raise AssertionError(f"sample({given!r}) raises OptionError")


def check_shape_is_restored(synthesizer: Synthesizer) -> None:
    table = _table(synthesizer)
    made = _rows(_fitted(synthesizer, table), 400)
    assert made.column_names == table.names, "names and order of the columns are kept"
    assert [str(f.type) for f in made.schema] == [str(f.type) for f in table.arrow.schema], "types are kept"
    for name in table.names:
        real, synthetic = (t.column(name).null_count / t.num_rows for t in (table.arrow, made))
        assert abs(real - synthetic) < 0.12, f"the share of missing values of {name} is kept: {real} and {synthetic}"
    keys = made.column("key").to_pylist()
    assert len(set(keys)) == len(keys), "keys are unique"
    if not synthesizer.capabilities.private:  # under a budget nobody may look which keys are taken
        assert not set(keys) & set(table.column("key").to_pylist()), "keys are never copied"


def check_odd_tables(synthesizer: Synthesizer) -> None:
    import pyarrow as pa

    rows = MINIMUM_ROWS
    odd = {
        "one constant column": {"a": [1] * rows},
        "nothing but gaps": {"a": pa.nulls(rows, pa.int64()), "b": pa.nulls(rows, pa.string())},
        "every category different": {"a": [f"v {i} x" for i in range(rows)], "b": list(range(rows))},
        "one value and gaps": {"a": [1.0, None] * (rows // 2), "b": ["x", None] * (rows // 2)},
    }
    for what, columns in odd.items():
        made = _rows(_fresh(synthesizer).fit(Table(pa.table(columns)), seed=1), 10)
        assert made.num_rows == 10, f"a table with {what} is learned and sampled"
    try:
        _fresh(synthesizer).fit({"a": [1] * (MINIMUM_ROWS - 1)})
    except InputError:
        return
    raise AssertionError(f"fewer than {MINIMUM_ROWS} rows raise InputError")


def check_seeds(synthesizer: Synthesizer) -> None:
    state = str(np.random.get_state())
    model = _fitted(synthesizer)
    first, again, other = _rows(model, 100, 2), _rows(model, 100, 2), _rows(model, 100, 3)
    assert first.equals(again), "the same seed gives the same rows"
    assert not first.equals(other), "another seed gives other rows"
    refit = _rows(_fitted(_fresh(synthesizer)), 100, 2)
    if synthesizer.capabilities.private:
        assert not refit.equals(first), "noise is never seeded: a second fit gives another model"
    else:
        assert refit.equals(first), "the same seed of fit gives the same model"
        _fitted(model)
        assert _rows(model, 100, 2).equals(first), "a second fit forgets the first"
    assert str(np.random.get_state()) == state, "NumPy's global generator is untouched"


def check_workers_do_not_matter(synthesizer: Synthesizer) -> None:
    results: list[Any] = []
    for executor in (SerialExecutor(), LocalExecutor(2)):
        run = RunContext(executor=executor)
        if not results or not synthesizer.capabilities.private:  # noise would differ from fit to fit
            table = _table(synthesizer)
            model = _fresh(synthesizer).fit(table, _schema(synthesizer, table), seed=1, run=run)
        results.append(_rows(model, 70_000, 2, run=run))
    assert results[0].equals(results[1]), "one worker and two give the same rows"


def check_artifact(synthesizer: Synthesizer) -> None:
    table = _table(synthesizer)
    model = _fitted(synthesizer, table)
    with tempfile.TemporaryDirectory() as place:
        folder = model.save(Path(place) / "model")
        loaded = read_model(folder, {synthesizer.name: type(synthesizer)})
        same = Table.from_frame(loaded.sample(100, seed=2)).arrow.equals(_rows(model, 100, 2))
        assert same, "a loaded model samples the same rows"
        again = model.save(Path(place) / "again")
        for path in folder.rglob("*"):
            if path.is_file():
                assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes(), (
                    f"{path.name} is repeatable"
                )
                assert path.suffix in (".json", ".yaml", ".safetensors", ".parquet", ".txt"), f"{path.name} is plain"
                _holds_no_key(path, table)


def _holds_no_key(path: Path, table: Table) -> None:
    content = path.read_bytes()
    for key in table.column("key").to_pylist():
        assert key.encode() not in content, f"no key of a real row stands in {path.name}"


def check_parameters_round_trip(synthesizer: Synthesizer) -> None:
    parameters = synthesizer.get_params()
    assert json.loads(json.dumps(parameters)) == parameters, "parameters are plain values"
    assert _fresh(synthesizer).set_params(**parameters).get_params() == parameters, (
        "set_params takes what get_params gives"
    )


def check_conditions(synthesizer: Synthesizer) -> None:
    model = _fitted(synthesizer)
    made = _rows(model, 50, where={"size": "large"})
    assert made.num_rows == 50, "conditions do not cost rows"
    assert set(made.column("size").to_pylist()) == {"large"}, "every row meets the condition"
    for wrong in ({"size": "no such size"}, {"key": "C000001"}):
        try:
            model.sample(5, where=wrong)
        except ConditionError:
            continue
        raise AssertionError(f"the condition {wrong} raises ConditionError")


def check_context(synthesizer: Synthesizer) -> None:
    if not synthesizer.capabilities.context:
        return
    table = mixed_table(2000)
    rest = [name for name in table.names if name not in ("size", "paid")]
    context = table.select(["size", "paid"])
    model = synthesizer.fit(table.select(rest), context=context, seed=1)
    made = Table.from_frame(model.sample(context=context, seed=2)).arrow
    assert made.num_rows == table.n_rows, "one row for each row of the context"
    means = []
    for arrow in (table.arrow, made):
        large = np.array(table.column("size").to_pylist(), dtype=object) == "large"
        count = arrow.column("count").to_numpy()
        means.append(count[large].mean() - count[~large].mean())
    assert abs(means[0] - means[1]) < 0.5 * abs(means[0]), f"rows depend on their context: {means}"


def check_weights(synthesizer: Synthesizer) -> None:
    if not synthesizer.capabilities.weights:
        return
    table = mixed_table(8000 if synthesizer.capabilities.private else 2000)
    large = np.array(table.column("size").to_pylist(), dtype=object) == "large"
    weights = np.where(large, 1.0, 0.2)  # only their ratio counts; under a budget none may be above one
    model = synthesizer.fit(table, _schema(synthesizer, table), weights=weights, seed=1)
    share = np.mean(np.array(_rows(model, 2000).column("size").to_pylist(), dtype=object) == "large")
    expected = 5 * large.sum() / (5 * large.sum() + (~large).sum())
    assert abs(share - expected) < 0.08, f"weights count: {share:.3f} of {expected:.3f} expected"


def check_privacy(synthesizer: Synthesizer) -> None:
    if not synthesizer.capabilities.private:
        return
    model = _fitted(synthesizer)
    facts = model.public_facts()["differential_privacy"]
    assert facts["ledger"]["entries"], "a claim of privacy comes with a ledger"
    assert facts["epsilon"] <= synthesizer.get_params()["epsilon"], "the ledger stays within the budget"
    with tempfile.TemporaryDirectory() as place:
        manifest = json.loads((model.save(Path(place) / "model") / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["facts"]["differential_privacy"] == facts, "the manifest tells the ledger"


CHECKS = (
    check_declares_itself,
    check_constructor_only_stores,
    check_every_parameter_acts,
    check_unfitted_is_refused,
    check_input_is_untouched,
    check_exact_number_of_rows,
    check_shape_is_restored,
    check_odd_tables,
    check_seeds,
    check_workers_do_not_matter,
    check_artifact,
    check_parameters_round_trip,
    check_conditions,
    check_context,
    check_weights,
    check_privacy,
)
"""Every fact of the contract; a test can run them one by one."""
