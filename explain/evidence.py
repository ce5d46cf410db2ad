"""The evidence line: how well the run knows users with as many tips as this one."""

from collections.abc import Mapping

from explain.narrate import counted, listed, plural
from explain.types import EvidenceLine
from mspa_model.number_format import percent
from mspa_model.runs import Run
from mspa_model.types import DatasetInfo

METRIC = "ndcg@10"


def evidence_line(run: Run, user_id: str, n_tips: int) -> EvidenceLine:
    """Accuracy with interval of the test users in the bucket of n_tips; values are None where none was tested."""
    bucket = _bucket(run, n_tips)
    tested = _in_test(run, user_id)
    if bucket is None or not bucket["n_users"] or bucket[METRIC]["value"] is None:
        info = run.dataset.info
        words, users = tips_known(bucket, info) if bucket else counted(n_tips, info.tip_is), plural(info.user_is)
        known = f" with as many {plural(info.tip_is)} known" if n_tips else ""
        unknown = f"How well the run knows such {users} was not measured: none was in the test{known}."
        sentence = f"{_known(run, n_tips)} {unknown}"
        return EvidenceLine(n_tips, words, METRIC, None, None, None, 0, tested, sentence)
    value, low, high = (bucket[METRIC][key] for key in ("value", "low", "high"))
    info = run.dataset.info
    sentence = (
        f"{_known(run, n_tips)} For {counted(bucket['n_users'], f'test {info.user_is}')} with as many "
        f"({_range(bucket)}) the top 10 reaches {METRIC} {value:.3f}{_between(low, high)}, where 1 is perfect; "
        f"this {info.user_is} {'was' if tested else 'was not'} among the tested."
    )
    return EvidenceLine(n_tips, tips_known(bucket, info), METRIC, value, low, high, bucket["n_users"], tested, sentence)


def _known(run: Run, n_tips: int) -> str:
    info = run.dataset.info
    if n_tips == 0:
        return f"This ranking knows no {info.tip_is} of this {info.user_is}."
    return f"This ranking knows {counted(n_tips, info.tip_is)} by this {info.user_is}."


def _range(bucket: Mapping) -> str:
    """ "6 to 10", "21 or more": the bucket's own words speak of tips, whatever the set calls them."""
    low, high = bucket["low_tips"], bucket["high_tips"]
    return f"{low:,} or more" if high is None else f"{low:,} to {high:,}" if high > low else f"{low:,}"


def tips_known(bucket: Mapping, info: DatasetInfo) -> str:
    """ "6 to 10 tips", "21 or more tips", "no tips", in the set's own word whatever the run stored."""
    if bucket["high_tips"] == 0:
        return f"no {plural(info.tip_is)}"
    word = info.tip_is if bucket["low_tips"] == bucket["high_tips"] == 1 else plural(info.tip_is)
    return f"{_range(bucket)} {word}"


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" (95 % interval {low:.3f} to {high:.3f})"


def _bucket(run: Run, n_tips: int) -> Mapping | None:
    for bucket in run.metrics.get("buckets", []):
        high = bucket["high_tips"]
        if bucket["low_tips"] <= n_tips and (high is None or n_tips <= high):
            return bucket
    return None


def _in_test(run: Run, user_id: str) -> bool:
    users = run.users
    return bool(((users["user_id"] == user_id) & (users["n_test"] > 0)).any())


def kept_by_tips(run: Run) -> str | None:
    """For which share of users, by their number of tips, correction kept a step; None where that was not measured."""
    told = [b for b in run.metrics.get("buckets", []) if b.get("kept_share") is not None]
    if not told:
        return None
    info = run.dataset.info
    shares = listed([f"{percent(b['kept_share'])} of those with {_range(b)}" for b in told])
    return f"By number of {plural(info.tip_is)}, correction kept a step for {shares}; all others stay at step 0."
