"""The verdict in words: two sentences that a person reads before anything else."""

from __future__ import annotations

from collections.abc import Callable

from synthloom.evaluation.verdicts import margins_for, worst
from synthloom.finding import Finding, Verdict

Find = Callable[[str], Finding | None]
"""Looks up a finding by its name."""

EVIDENCE = "This is evidence from the checks that were run, not proof."
_USEFUL = {
    "good": "Useful",
    "fair": "Useful with limits",
    "poor": "Not useful enough",
    "unknown": "Usefulness is unknown",
}
_PRIVATE = {
    "good": "Private",
    "fair": "Private with reservations",
    "poor": "Not private enough",
    "unknown": "Privacy is unknown",
}
_ATTACKS = (
    "membership_inference",
    "membership_inference_tpr",
    "membership_inference_outliers",
    "exact_copies",
    "near_copies",
    "copied_values",
)
_FURTHER = {
    "canaries": "{value:.0%} of the surest guesses at rows planted before a refit are right (half by chance)",
    "membership_density": "where synthetic rows crowd, training rows are told with AUC {value:.3f}",
    "membership_rare": "among people with rare values attacks reach AUC {value:.3f}",
    "singling_out": "{value:.1%} of the descriptions taken from synthetic rows fit one training row alone "
    "({reference:.1%} by chance)",
    "singling_out_univariate": "{value:.1%} of the values unique in the synthetic rows are one training row's alone "
    "({reference:.1%} by chance)",
    "linkability": "two halves of {value:.1%} of the training rows can be linked ({reference:.1%} by chance)",
    "attribute_inference": "a missing value of a training row is found {value:.1%} of the time, of an unseen row "
    "{reference:.1%}",
    "personal_replay": "{value:.1%} of the synthetic rows bring back personal values of a training row "
    "({reference:.1%} by chance)",
}
"""Further attacks, spoken of where they found something. One that proves nothing in a table takes no verdict away."""


def useful_sentence(find: Find) -> tuple[Verdict, str]:
    """The verdict on usefulness and its sentences."""
    gap, trend = _gap(find), find("pair_trend")
    association, told = find("pair_association"), find("c2st_auc")
    leading = [found for found in (gap, trend, association) if found is not None and found.value is not None]
    verdict = worst(found.verdict for found in leading)
    if told is not None and told.verdict == "poor" and verdict == "good":
        verdict = "fair"
    said = [
        *([_gap_words(gap)] if gap is not None and gap.value is not None else []),
        *([_pair_words(trend)] if trend is not None and trend.value is not None else []),
        *([_told_words(told)] if told is not None and told.value is not None else []),
    ]
    if not said:
        return "unknown", "Usefulness is unknown: nothing could be measured."
    return verdict, f"{_USEFUL[verdict]}: {'. '.join([said[0], *map(_capital, said[1:])])}."


def _gap(find: Find) -> Finding | None:
    """The gap of gradient boosting, or the linear model's where only that can be judged."""
    boosted, linear = find("tstr_gap"), find("tstr_gap_linear")
    if linear is not None and linear.verdict != "unknown" and (boosted is None or boosted.verdict == "unknown"):
        return linear
    return boosted


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _gap_words(gap: Finding) -> str:
    score, synthetic, real = gap.detail["score"], gap.detail["synthetic"], gap.detail["real"]
    model = "a linear model" if gap.name == "tstr_gap_linear" else "a model"
    return (
        f"{model} trained on the synthetic rows reaches {score} {synthetic:.3f} on real holdout rows; "
        f"trained on real rows {real:.3f}{_equivalence(gap)}"
    )


def _equivalence(gap: Finding) -> str:
    """What the equivalence test says, where it was run on more than a quick look."""
    words = gap.detail.get("equivalence")
    return f" ({words})" if words and gap.verdict != "unknown" and gap.detail.get("draw_error") is not None else ""


def _pair_words(trend: Finding) -> str:
    return f"pairs of columns agree with the real rows to {trend.value:.1%} (real holdout rows: {trend.reference:.1%})"


def _told_words(told: Finding) -> str:
    return f"a classifier tells synthetic from real rows with AUC {told.value:.2f} (0.50 is a coin toss)"


def private_sentence(find: Find) -> tuple[Verdict, str]:
    """The verdict on privacy and its sentences."""
    found = [finding for name in _ATTACKS if (finding := find(name)) is not None]
    measured = [finding for finding in found if finding.value is not None and not _tells_nothing(finding)]
    inference = find("membership_inference")
    verdicts = [finding.verdict for finding in measured]
    further = [finding for name in _FURTHER if (finding := find(name)) is not None and finding.value is not None]
    verdicts += [finding.verdict for finding in further if finding.verdict != "unknown"]
    if inference is None or inference.value is None:
        verdicts.append("unknown")  # copies alone do not show that nothing leaked
    verdict = worst(verdicts)
    said = [
        *([_inference_words(inference)] if inference is not None and inference.value is not None else []),
        *_finer_words(find),
        *_copies_words(find),
        *_further_words(further),
        *_unsure_words(measured),
    ]
    if inference is None or inference.value is None:
        reason = inference.note if inference is not None and inference.note else "it was not run"
        said.insert(0, f"membership inference could not be measured ({reason})")
    body = ". ".join([said[0], *map(_capital, said[1:])])
    return verdict, f"{_PRIVATE[verdict]}: {body}. {EVIDENCE}"


def _further_words(found: list[Finding]) -> list[str]:
    guilty = [finding for finding in found if finding.verdict in ("fair", "poor")]
    said = [_FURTHER[f.name].format(value=f.value, reference=f.reference) for f in guilty]
    judged = [finding for finding in found if finding.verdict != "unknown"]
    if judged and not guilty:
        said.append("further attacks (singling out, linking, inferring and others) found nothing")
    blind = len(found) - len(judged)
    one = "one further attack proves" if blind == 1 else f"{blind} further attacks prove"
    return said + ([f"{one} nothing in this table"] if blind else [])


def _unsure_words(found: list[Finding]) -> list[str]:
    """Why nothing can be said although nothing was found."""
    names = {"membership_inference_tpr": "sure guesses", "membership_inference_outliers": "attacks on unusual people"}
    unsure = [words for name, words in names.items() for f in found if f.name == name and f.verdict == "unknown"]
    return [f"there are too few rows to judge {' and '.join(unsure)}"] if unsure else []


def _tells_nothing(finding: Finding) -> bool:
    """Whether only counters came back, whose values are the same in any table."""
    return finding.name == "copied_values" and finding.verdict == "unknown"


def _inference_words(found: Finding) -> str:
    half = (found.interval[1] - found.interval[0]) / 2 if found.interval else 0.0
    figure = f"(AUC {found.value:.3f} ± {half:.3f}; 0.5 is a coin toss)"
    if found.verdict == "unknown":
        return f"attacks on membership cannot be judged here {figure}: {found.note or 'there are too few rows'}"
    margins = margins_for(found.name)
    reach = (margins.errors if margins else 2.0) * float(found.detail.get("error", 0.0))
    above = (found.value or 0.0) - (found.reference or 0.5) > reach
    manner = {"good": "hardly better than chance", "fair": "somewhat better than chance"}.get(
        found.verdict, "far better than chance"
    )
    return f"attacks tell training rows from unseen ones {manner if above else 'no better than chance'} {figure}"


def _finer_words(find: Find) -> list[str]:
    """Attacks on few rows, spoken of only where they found something."""
    said = []
    rate = find("membership_inference_tpr")
    if rate is not None and rate.verdict in ("fair", "poor"):
        said.append(f"at one false accusation in a hundred they find {rate.value:.1%} of the training rows")
    odd = find("membership_inference_outliers")
    if odd is not None and odd.verdict in ("fair", "poor"):
        said.append(f"among the most unusual people they reach AUC {odd.value:.3f}")
    values = find("copied_values")
    if values is not None and values.verdict in ("fair", "poor"):
        said.append(f"{values.value:.1%} of the synthetic values of {values.note} are rare training values")
    return said


def _copies_words(find: Find) -> list[str]:
    kinds = (("exact_copies", "exact copies"), ("near_copies", "near copies (all but one value equal)"))
    found = [(words, f) for name, words in kinds if (f := find(name)) is not None and f.value is not None]
    guilty = [(words, f) for words, f in found if f.verdict in ("fair", "poor")]
    if guilty:
        return [
            f"{f.value:.2%} of the synthetic rows are {words} of training rows: {f.detail['excess']:.2%} over chance"
            for words, f in guilty
        ]
    if not found:
        return []
    figures = ", ".join(f"{words} {f.value:.2%}, among holdout rows {f.reference:.2%}" for words, f in found)
    unsure = any(f.verdict == "unknown" for _, f in found)
    lead = "there are too few rows to judge copies" if unsure else "copies are no more frequent than by chance"
    return [f"{lead} ({figures})"]


_FAIR = {
    "good": "No less fair than the real rows, as far as the checks tell",
    "fair": "Somewhat less fair than the real rows",
    "poor": "Less fair than the real rows",
    "unknown": "Fairness cannot be judged",
}


def fair_sentence(find: Find) -> tuple[Verdict, str] | None:
    """The verdict on groups of people and its sentences; columns are named, values never."""
    widened, in_models = find("amplification"), find("amplification_model")
    share, least = find("representation"), find("least_represented")
    if share is None and widened is None:
        return None
    found = [each for each in (widened, in_models, share, least) if each is not None and each.value is not None]
    if not found:
        reason = next((each.note for each in (widened, share) if each is not None and each.note), "nothing to compare")
        return "unknown", f"{_FAIR['unknown']}: {reason}."
    # a small group of which too little is known does not make the rest unknown
    verdict = worst(each.verdict for each in found if each is not least or each.verdict in ("fair", "poor"))
    said = [
        *([_data_words(widened)] if widened in found and widened else []),
        *([_model_words(in_models)] if in_models in found and in_models else []),
        *([f"a group's share of the rows moved by {share.value:.1%} at most"] if share in found and share else []),
        *(
            [f"the least represented group keeps {least.value:.0%} of its share"]
            if least in found and least and least.verdict in ("fair", "poor")
            else []
        ),
    ]
    return verdict, f"{_FAIR[verdict]}: {'. '.join([said[0], *map(_capital, said[1:])])}."


_NOTIONS = {
    "demographic_parity": "how often they are selected",
    "equal_opportunity": "how often those with the outcome are found",
    "equalised_odds": "how often a choice is right or wrong",
    "calibration_gap": "how far predictions are off",
}


def _data_words(found: Finding) -> str:
    return f"the rate of the outcome differs by {_apart(found)} in real holdout rows{_unsure(found)})"


def _model_words(found: Finding) -> str:
    notion = _NOTIONS.get(str(found.detail["notion"]), "outcome")
    apart = f"{_apart(found)} when trained on real rows{_unsure(found)})"
    return f"for models trained on them, groups differ in {notion} by {apart}"


def _apart(found: Finding) -> str:
    detail = found.detail
    figures = f'{detail["disparity_synthetic"]:.3f} between groups of "{detail["grouping"]}"'
    return f"{figures} ({detail['disparity_real']:.3f}"


def _unsure(found: Finding) -> str:
    return "; too few rows to judge" if found.verdict == "unknown" else ""
