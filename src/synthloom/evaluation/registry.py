"""Every metric by name, in the order of the report: a literal table."""

from __future__ import annotations

from collections.abc import Sequence

from synthloom.errors import OptionError, did_you_mean
from synthloom.evaluation.base import Metric
from synthloom.evaluation.fairness.amplification import Amplification
from synthloom.evaluation.fairness.model_parity import ModelParity
from synthloom.evaluation.fairness.outcome_parity import OutcomeParity
from synthloom.evaluation.fairness.representation import Representation
from synthloom.evaluation.fidelity.c2st_auc import C2stAuc
from synthloom.evaluation.fidelity.column_shape import ColumnShape
from synthloom.evaluation.fidelity.pair_trend import PairTrend
from synthloom.evaluation.fidelity.rare_coverage import RareCoverage
from synthloom.evaluation.fidelity.tail_quantiles import TailQuantiles
from synthloom.evaluation.privacy.attribute_inference import AttributeInference
from synthloom.evaluation.privacy.canaries import Canaries
from synthloom.evaluation.privacy.copied_values import CopiedValues
from synthloom.evaluation.privacy.distance_to_closest_record import DistanceToClosestRecord
from synthloom.evaluation.privacy.exact_copies import ExactCopies
from synthloom.evaluation.privacy.linkability import Linkability
from synthloom.evaluation.privacy.membership_density import MembershipDensity
from synthloom.evaluation.privacy.membership_inference import MembershipInference
from synthloom.evaluation.privacy.membership_rare import MembershipRare
from synthloom.evaluation.privacy.near_copies import NearCopies
from synthloom.evaluation.privacy.personal_replay import PersonalReplay
from synthloom.evaluation.privacy.singling_out import SinglingOut
from synthloom.evaluation.privacy.singling_out_univariate import SinglingOutUnivariate
from synthloom.evaluation.utility.generalisation_gap import GeneralisationGap
from synthloom.evaluation.utility.tstr_gap import TrstrGap, TstrGap, TstrGapForest, TstrGapLinear, TstrGapNeighbours

METRICS: dict[str, type[Metric]] = {
    "column_shape": ColumnShape,
    "pair_trend": PairTrend,
    "c2st_auc": C2stAuc,
    "rare_coverage": RareCoverage,
    "tail_quantiles": TailQuantiles,
    "tstr_gap": TstrGap,
    "tstr_gap_linear": TstrGapLinear,
    "tstr_gap_forest": TstrGapForest,
    "tstr_gap_neighbours": TstrGapNeighbours,
    "trstr_gap": TrstrGap,
    "generalisation_gap": GeneralisationGap,
    "exact_copies": ExactCopies,
    "near_copies": NearCopies,
    "copied_values": CopiedValues,
    "personal_replay": PersonalReplay,
    "membership_inference": MembershipInference,
    "membership_density": MembershipDensity,
    "membership_rare": MembershipRare,
    "singling_out": SinglingOut,
    "singling_out_univariate": SinglingOutUnivariate,
    "linkability": Linkability,
    "attribute_inference": AttributeInference,
    "canaries": Canaries,
    "distance_to_closest_record": DistanceToClosestRecord,
    "representation": Representation,
    "outcome_parity": OutcomeParity,
    "demographic_parity": ModelParity,
    "amplification": Amplification,
}


def choose_metrics(asked: Sequence[str | Metric] | None = None, *, quick: bool = False) -> list[Metric]:
    """The metrics asked for, by name or as objects; all of them (or all quick ones) by default.

    Raises:
        OptionError: for a name that is not in :data:`METRICS`.
    """
    if asked is None:
        return [kind() for kind in METRICS.values() if kind.quick or not quick]
    if isinstance(asked, str):
        asked = [asked]
    chosen = []
    for item in asked:
        if isinstance(item, Metric):
            chosen.append(item)
        elif item in METRICS:
            chosen.append(METRICS[item]())
        else:
            raise OptionError(
                f'there is no metric "{item}"',
                accepted="names of metrics, or Metric objects",
                hint=did_you_mean(str(item), METRICS, limit=12),
            )
    return chosen
