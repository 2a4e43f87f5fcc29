"""PrivateMarginals: what it keeps of the rows, what it spends, and that its model is the right one."""

import json
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthloom as sl
from synthloom.data import Table
from synthloom.differential_privacy import Account, DiscreteGaussian, Entry, Ledger, Threshold, epsilon_of
from synthloom.errors import ArtifactError, OptionError, SchemaError
from synthloom.schema import PublicColumn, PublicSchema, infer_schema
from synthloom.synthesizers.private.columns import needs_of
from synthloom.synthesizers.private.denoising import nonnegative
from synthloom.synthesizers.private.drawing_rows import draw_rows, draw_rows_given
from synthloom.synthesizers.private.graphical_model import GraphicalModel, Measurement
from synthloom.synthesizers.private.grouping import group_unordered
from synthloom.synthesizers.private.histograms import _counts, learn_atoms, looks_needed
from synthloom.synthesizers.private.junction_tree import JunctionTree, project, spread
from synthloom.synthesizers.private.structure import CodedRows, FurtherRounds
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals, bounded_rows
from synthloom.testing.tables import mixed_table

RICH = {"epsilon": 12.0, "delta": 1e-3}  # hardly any noise: what is left is the model's own error


def family(n=20_000, seed=0):
    """One parent and two children that depend on nothing but it."""
    rng = np.random.default_rng(seed)
    parent = rng.integers(0, 4, n)
    left, right = ((parent + (rng.random(n) < 0.4) * rng.integers(0, 4, n)) % 4 for _ in range(2))
    return Table(pa.table({k: [f"{v}" for v in x] for k, x in (("p", parent), ("a", left), ("b", right))}))


def shares(table, names):
    """Shares of all combinations of values; float64, one axis a column."""
    arrow = Table.from_frame(table).arrow
    codes = [np.array(arrow.column(name).to_pylist()).astype(int) for name in names]
    out = np.zeros((4,) * len(names))
    np.add.at(out, tuple(codes), 1 / len(codes[0]))
    return out


def test_children_of_one_parent_are_independent_given_it():
    n = 40_000
    model = PrivateMarginals(**RICH).fit(family(n), seed=1)
    joint = shares(model.sample(n, seed=2), ["p", "a", "b"])
    given_parent = joint / joint.sum(axis=(1, 2), keepdims=True)
    apart = given_parent.sum(axis=2)[:, :, None] * given_parent.sum(axis=1)[:, None, :]
    distance = 0.5 * np.abs(joint - apart * joint.sum(axis=(1, 2), keepdims=True)).sum()
    # the same distance among rows drawn from the product itself is sampling noise
    rng = np.random.default_rng(0)
    exact = (apart * joint.sum(axis=(1, 2), keepdims=True)).reshape(-1)
    noise = np.mean([0.5 * np.abs(rng.multinomial(n, exact) / n - exact).sum() for _ in range(50)])
    assert distance <= 2 * noise


def test_a_model_over_independent_children_draws_them_independent():
    # the fault of mbi 1.1.0: rows not shuffled within groups make siblings move together
    rng = np.random.default_rng(1)
    table = rng.dirichlet(np.ones(4), size=3)
    tree = JunctionTree.build((3, 4, 4), [(0, 1), (0, 2)])
    joints = {(0, 1): np.array([0.2, 0.3, 0.5])[:, None] * table, (0, 2): np.array([0.2, 0.3, 0.5])[:, None] * table}
    n = 30_000
    rows = draw_rows(tree, [joints[c] for c in tree.cliques], n, rng)
    exact = np.einsum("p,pa,pb->ab", [0.2, 0.3, 0.5], table, table)
    found = np.zeros((4, 4))
    np.add.at(found, (rows[:, 1], rows[:, 2]), 1 / n)
    noise = np.mean(
        [0.5 * np.abs(rng.multinomial(n, exact.reshape(-1)) / n - exact.reshape(-1)).sum() for _ in range(50)]
    )
    assert 0.5 * np.abs(found - exact).sum() <= 2 * noise


def test_messages_give_the_marginals_of_the_joint():
    rng = np.random.default_rng(5)
    sizes, cliques = (3, 2, 4, 3, 2), [(0, 1), (1, 2), (0, 2, 3), (3, 4)]
    tree = JunctionTree.build(sizes, cliques)
    potentials = [rng.normal(0, 2, tree.shape(c)) for c in tree.cliques]
    joint = np.exp(sum(spread(p, c, (0, 1, 2, 3, 4)) for p, c in zip(potentials, tree.cliques)))
    joint = joint / joint.sum()
    for clique, found in zip(tree.cliques, tree.marginals(potentials)):
        assert np.allclose(found, project(joint, (0, 1, 2, 3, 4), clique), atol=1e-12)
    drawn = draw_rows_given(
        tree, potentials, {1: np.ones(60_000, dtype=int), 4: np.zeros(60_000, dtype=int)}, 60_000, rng
    )
    assert (drawn[:, 1] == 1).all()
    assert (drawn[:, 4] == 0).all()
    held = joint[:, 1, :, :, 0] / joint[:, 1, :, :, 0].sum()
    found = np.zeros(held.shape)
    np.add.at(found, tuple(drawn[:, [0, 2, 3]].T), 1 / 60_000)
    assert 0.5 * np.abs(found - held).sum() < 0.02


def exact_measurements(sizes, cliques, seed=3, noise=0.0):
    rng = np.random.default_rng(seed)
    joint = rng.dirichlet(np.full(int(np.prod(sizes)), 0.3)).reshape(sizes)
    every = tuple(range(len(sizes)))
    counts = {c: 10_000 * project(joint, every, c) for c in cliques}
    return joint, [Measurement(c, v + noise * rng.normal(size=v.shape), 25.0) for c, v in counts.items()]


def test_mirror_descent_reaches_exact_counts():
    sizes, cliques = (3, 4, 2, 3), [(0, 1), (1, 2), (0, 2), (2, 3)]
    _, measurements = exact_measurements(sizes, cliques)
    model = GraphicalModel(sizes, 10_000.0)
    model.add(measurements)
    model.fit(2_000)
    for found in measurements:
        assert np.abs(model.marginal(found.clique) * 10_000 - found.counts).sum() < 60


def test_the_model_is_that_of_mbi():
    mbi = pytest.importorskip("mbi", reason="mbi >= 2.0.0 is an oracle in an environment of its own")
    sizes, cliques = (3, 4, 2, 3), [(0, 1), (1, 2), (2, 3)]
    _, measurements = exact_measurements(sizes, cliques, noise=30.0)
    model = GraphicalModel(sizes, 10_000.0)
    model.add(measurements)
    model.fit(3_000)
    domain = mbi.Domain([str(i) for i in range(4)], list(sizes))
    theirs = [
        mbi.LinearMeasurement(m.counts.reshape(-1), tuple(str(i) for i in m.clique), stddev=5.0) for m in measurements
    ]
    other = mbi.estimation.MirrorDescent().estimate(domain, theirs, known_total=10_000.0, iters=3_000)
    for clique in cliques:
        wanted = np.asarray(other.project(tuple(str(i) for i in clique)).datavector()).reshape(
            model.marginal(clique).shape
        )
        assert np.abs(wanted / wanted.sum() - model.marginal(clique)).sum() < 0.01


@given(st.lists(st.floats(-50, 500), min_size=1, max_size=40), st.floats(1, 1000))
@settings(max_examples=60, deadline=None)
def test_plausible_counts_are_nearest(noisy, total):
    noisy = np.array(noisy)
    found = nonnegative(noisy, 4.0, total)
    assert (found >= 0).all()
    assert abs(found.sum() - total) < 1e-6 * max(1.0, total, np.abs(noisy).sum())
    shift = (noisy - found)[found > 0]
    assert np.ptp(shift) < 1e-6  # those that are positive were all lowered by the same


@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.integers(-100, 100).map(float)), min_size=1, max_size=60),
    st.floats(-1e7, 1e7),
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30, unique=True),
)
@settings(max_examples=80, deadline=None)
def test_a_row_changes_one_cell_by_one(values, extra, edges):
    starts = np.sort(np.array(edges))
    change = _counts(np.array([*values, extra]), starts) - _counts(np.array(values), starts)
    assert np.abs(change).sum() == 1


@pytest.mark.parametrize(
    ("values", "step", "bounds"),
    [
        (np.repeat(np.arange(18.0, 90.0), 100), 1.0, None),
        (np.random.default_rng(0).lognormal(8, 1, 5000).round(2), 0.01, None),
        (np.random.default_rng(0).normal(-4, 0.02, 5000), None, None),
        (np.zeros(500), 1.0, None),
        (np.zeros(0), None, None),
        (np.random.default_rng(0).integers(1990, 2024, 5000).astype(float), 1.0, (1900.0, 2100.0)),
        (np.array([1e300, -1e300, 1e-300] * 50), None, None),
        (np.random.default_rng(0).random(4000) * 1e5, None, (0.0, 1e5)),
    ],
)
def test_learned_cells_cover_the_line(values, step, bounds):
    entries = [Entry(p, DiscreteGaussian(100)) for p in looks_needed(step, bounds)]
    account = Account(Ledger((*entries, Entry("spikes", Threshold(Fraction("1e-7"))))))
    atoms = learn_atoms(values, step, bounds, account)
    assert (np.diff(atoms.starts) > 0).all()
    assert len(atoms.starts) == len(atoms.spikes) + 1 == len(atoms.counts) + 1
    if len(values) >= 4000 and np.ptp(values) > 0:
        inside = (values >= atoms.starts[0]) & (values < atoms.starts[-1])
        assert inside.mean() > 0.97
        shares = _counts(values, atoms.starts) / len(values)
        assert shares[~atoms.spikes].max(initial=0) < 0.1, "no cell is so wide that it hides the shape"


def test_what_is_read_does_not_depend_on_the_rows():
    table = mixed_table(300)
    other = Table(table.arrow.slice(0, 100))
    schema, facts = PublicSchema().resolve(table)
    again, more = PublicSchema().resolve(other)
    assert needs_of(schema, facts) == needs_of(again, more)
    assert all(c.decimals in (None, 0) for c in schema)


def test_the_model_keeps_nothing_that_was_not_told(tmp_path):
    n = 3_000
    rng = np.random.default_rng(0)
    secrets = [f"secret-{i}" for i in range(n)]
    amounts = rng.normal(1000, 200, n)
    amounts[7] = 987_654_321.25
    table = pa.table({"who": secrets, "city": rng.choice(["Graz", "Wien"], n), "amount": amounts})
    folder = PrivateMarginals(epsilon=2.0).fit(table).save(tmp_path / "model")
    text = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"secret-" not in text
    assert b"987654321" not in text
    assert b"Graz" in text
    made = sl.load(folder).sample(500, seed=1)
    assert max(made.column("amount").to_pylist()) < 1e5


def test_the_ledger_is_kept_adds_up_and_stays_below_the_budget(tmp_path):
    first = PrivateMarginals(epsilon=0.7, delta=1e-6).fit(family(2_000))
    assert 0.68 < first.epsilon_spent_ <= 0.7
    again = sl.load(first.save(tmp_path / "model"))
    assert again.ledger_ == first.ledger_
    total = epsilon_of(first.ledger_ + again.ledger_, 1e-6)
    assert 0.7 < total < 1.4
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["facts"]["differential_privacy"]["epsilon"] == round(first.epsilon_spent_, 6)


def test_a_damaged_ledger_or_model_is_refused(tmp_path):
    from synthloom.artifact import write_manifest

    folder = PrivateMarginals().fit(family(2_000)).save(tmp_path / "model")
    plain = json.loads((folder / "model.json").read_text())
    for change in (
        lambda s: s["ledger"]["entries"][0].update(event="trust me"),
        lambda s: s["groups"].pop(),
        lambda s: s["cliques"].append([0, 9]),
        lambda s: s["groups"][0]["inside"].__setitem__(0, -1.0),
    ):
        damaged = json.loads(json.dumps(plain))
        change(damaged["state"])
        (folder / "model.json").write_text(json.dumps(damaged))
        (folder / "manifest.json").unlink()
        write_manifest(folder, kind="model", label="synthetic")
        with pytest.raises(ArtifactError):
            sl.load(folder)


def test_one_row_of_each_entity_is_kept():
    owners = ["a"] * 500 + ["b"] * 3 + [None, None, "c"]
    table = Table(pa.table({"owner": owners, "x": list(range(506))}))
    kept = bounded_rows(table, "owner", None)
    assert sorted(kept.column("owner").drop_null().to_pylist()) == ["a", "b", "c"]
    assert kept.column("owner").null_count == 2
    chosen = {bounded_rows(table, "owner", None).column("x")[0].as_py() for _ in range(20)}
    assert len(chosen) > 5, "which row stays is drawn anew"


def test_an_entity_is_protected_whole():
    table = family(4_000)
    owners = pa.array([f"P{i // 4}" for i in range(4_000)])
    public = PublicSchema(columns=(PublicColumn(name="owner", pattern="P[0-9]{6}"),), entity="owner")
    model = PrivateMarginals(epsilon=4.0).fit(table.with_column("owner", owners), public)
    assert model.ledger_.adjacency == "entity"
    assert abs(model.total_ - 1_000) < 100
    made = model.sample(50, seed=1)
    assert len(set(made.column("owner").to_pylist())) == 50


def test_weights_thin_rows_and_may_not_exceed_one():
    table = family(8_000)
    is_zero = np.array(table.column("p").to_pylist()) == "0"
    model = PrivateMarginals(**RICH).fit(table, weights=np.where(is_zero, 1.0, 0.1))
    share = np.mean(np.array(model.sample(4_000, seed=1).column("p").to_pylist()) == "0")
    assert abs(share - is_zero.sum() / (is_zero.sum() + 0.1 * (~is_zero).sum())) < 0.05
    with pytest.raises(OptionError, match="no row may count more than once"):
        PrivateMarginals().fit(table, weights=np.full(8_000, 2.0))


def test_conditions_are_exact():
    model = PrivateMarginals(**RICH).fit(family(), seed=1)
    real = shares(family(), ["p", "a"])
    made = model.sample(20_000, seed=4, where={"a": "2"})
    assert set(made.column("a").to_pylist()) == {"2"}
    found = np.bincount(np.array(made.column("p").to_pylist()).astype(int), minlength=4) / 20_000
    assert np.abs(found - real[:, 2] / real[:, 2].sum()).sum() < 0.05


def test_public_facts_are_used_and_cost_nothing():
    n = 3_000
    rng = np.random.default_rng(0)
    table = pa.table({"n": rng.integers(0, 120, n), "c": rng.choice(["a", "b", "zz"], n, p=[0.6, 0.39, 0.01])})
    public = PublicSchema(
        columns=(
            PublicColumn(name="n", minimum=0, maximum=120, nullable=False),
            PublicColumn(name="c", categories=("a", "b", "zz"), nullable=False),
        )
    )
    model = PrivateMarginals(epsilon=2.0).fit(table, public)
    purposes = {entry.purpose for entry in model.ledger_.entries}
    assert purposes == {"single columns", "tree choice", "tree", "further choice", "further"}
    made = model.sample(2_000, seed=1)
    assert made.column("n").null_count == made.column("c").null_count == 0
    assert set(made.column("c").to_pylist()) <= {"a", "b", "zz"}
    assert min(made.column("n").to_pylist()) >= 0
    assert max(made.column("n").to_pylist()) <= 120


@pytest.mark.parametrize(
    "public",
    [
        PublicSchema(columns=(PublicColumn(name="q"),)),
        PublicSchema(columns=(PublicColumn(name="p", kind="numeric"),)),
        PublicSchema(target="q"),
        PublicSchema(entity="q"),
    ],
)
def test_declarations_that_do_not_fit_are_refused(public):
    with pytest.raises((SchemaError, OptionError)):
        PrivateMarginals().fit(family(500), public)


@pytest.mark.parametrize("wrong", [{"epsilon": 0}, {"epsilon": "1"}, {"delta": 0.5}, {"rounds": -1}, {"max_groups": 1}])
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(OptionError):
        PrivateMarginals(**wrong).fit(family(500))


def test_types_with_categories_are_not_handed_back():
    pd = pytest.importorskip("pandas")
    frame = family(2_000).arrow.to_pandas()
    frame["p"] = pd.Categorical(frame["p"], categories=[*sorted(frame["p"].unique()), "a secret level"])
    made = PrivateMarginals().fit(frame).sample(50, seed=1)
    assert not hasattr(made["p"].dtype, "categories")


def auc_of(train, holdout, target):
    """How well LightGBM, trained on ``train``, tells the target in ``holdout``."""
    from lightgbm import LGBMClassifier
    from sklearn.metrics import roc_auc_score

    features = [c for c in train if c != target]
    together = (
        __import__("pandas")
        .concat([train[features], holdout[features]])
        .apply(lambda s: s if s.dtype.kind in "if" else s.astype("category").cat.codes)
    )
    x, held = together.iloc[: len(train)], together.iloc[len(train) :]
    model = LGBMClassifier(n_estimators=60, num_leaves=15, verbose=-1, n_jobs=1, random_state=0).fit(x, train[target])
    return roc_auc_score(holdout[target], model.predict_proba(held)[:, 1])


def split_frame(table, target):
    frame = table.arrow.to_pandas()
    order = np.random.default_rng(0).permutation(len(frame))
    cut = len(frame) * 3 // 4
    return frame.iloc[order[:cut]].reset_index(drop=True), frame.iloc[order[cut:]].reset_index(drop=True)


def rare_target(n=12_000, seed=0):
    """Three features that go together, a fourth that alone tells a rare target, and the target."""
    rng = np.random.default_rng(seed)
    block = rng.integers(0, 12, n)
    near = [(block + (rng.random(n) < 0.3) * rng.integers(0, 12, n)) % 12 for _ in range(3)]
    telling = rng.integers(0, 12, n)
    target = rng.random(n) < np.where(telling > 8, 0.2, 0.01)
    columns = {f"near{i}": x for i, x in enumerate(near)} | {"telling": telling, "target": target}
    return Table(pa.table({k: [f"{v}" for v in x] for k, x in columns.items()}))


def test_what_tells_a_rare_target_is_counted_with_it():
    """By plain misses the features among themselves would take every round: they miss thousands of rows."""
    model = PrivateMarginals(epsilon=1.0, rounds=6).fit(rare_target(), PublicSchema(target="target"), seed=1)
    columns = [spec.column for spec in model.encoder_.specs]
    telling, target = columns.index("telling"), columns.index("target")
    assert any({telling, target} <= set(clique) for clique in model.measured_)
    made = model.sample(12_000, seed=2).to_pandas().astype({"telling": int})
    high, low = (made.loc[side, "target"].eq("True").mean() for side in (made["telling"] > 8, made["telling"] <= 8))
    assert high > 3 * low


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(0, 2))
def test_one_row_changes_a_score_by_at_most_one(seed, classes, target):
    rng = np.random.default_rng(seed)
    sizes = tuple(classes if part == target else 3 for part in range(3))
    codes = np.stack([rng.integers(0, size, 60) for size in sizes], axis=1).astype(np.int32)
    clique = (0, 1, 2)
    estimate = rng.gamma(0.3, size=sizes) * rng.choice([0.0, 1.0, 40.0], size=sizes)

    def scores(rows):
        rounds = FurtherRounds(CodedRows(rows, sizes), GraphicalModel(sizes, 60.0), None, target, 1_000, 1)
        rounds._estimates = {clique: estimate}
        return np.array([rounds._mispredicted(clique, 7.0), rounds._missed(clique, 7.0)])

    whole = scores(codes)
    for row in range(len(codes)):
        assert np.abs(whole - scores(np.delete(codes, row, axis=0))).max() <= 1 + 1e-9


def test_a_category_that_hardly_any_row_has_is_no_group_of_its_own():
    assert group_unordered(np.array([5_000.0, 900.0, 4.0]), 20.0, 32).tolist() == [0, 1, 0]
    assert group_unordered(np.array([5_000.0, 4.0, 900.0, 300.0]), 20.0, 32).tolist() == [0, 0, 1, 2]
    assert group_unordered(np.array([900.0, 5_000.0]), 20.0, 32).tolist() == [0, 1]
    assert len(set(group_unordered(np.full(40, 100.0), 20.0, 32))) == 32  # too many: the others share one


def test_a_survey_stays_useful_at_a_small_budget(fair):
    table = fair.with_column("affair", pa.array(np.asarray(fair.column("affairs")) > 0))
    table = table.select([n for n in table.names if n != "affairs"])
    train, holdout = split_frame(table, "affair")
    model = PrivateMarginals(epsilon=2.0).fit(train, PublicSchema(target="affair"), seed=1)
    made = model.sample(len(train), seed=2)
    assert auc_of(made, holdout, "affair") > auc_of(train, holdout, "affair") - 0.06


def test_adult_stays_useful_at_epsilon_one(real_data):
    train, holdout = split_frame(real_data("adult"), "income")
    train, holdout = (t.assign(income=t["income"] == ">50K") for t in (train, holdout))
    model = PrivateMarginals(epsilon=1.0).fit(train, PublicSchema(target="income"), seed=1)
    assert auc_of(model.sample(len(train), seed=2), holdout, "income") > 0.885


def test_shapes_of_all_kinds_come_back():
    table = mixed_table(3_000)
    made = PrivateMarginals(epsilon=4.0).fit(table, infer_schema(table)).sample(500, seed=1)
    assert [str(f.type) for f in made.schema] == [str(f.type) for f in table.arrow.schema]
    for name in ("day", "when"):
        real, new = (t.column(name).drop_null().to_pylist() for t in (table.arrow, made))
        assert min(real) <= sorted(new)[25] and sorted(new)[-25] <= max(real)
