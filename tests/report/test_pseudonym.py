"""A report's pseudonym: opened by the run's key file, and by nothing that the report itself or a list of ids holds."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from explain.pipeline import explain
from explain.report import gather_evidence
from explain.report.evidence import Evidence
from explain.report.gather import evidence_of
from explain.report.page import page_of
from explain.report.pseudonym import Pseudonym, link_key, pseudonym_of, user_behind, user_key, user_of_key
from explain.report.render import VIEWS
from explain.report.secret import make_secret, places
from explain.types import Case
from mspa_model.errors import UnknownIdError
from mspa_model.pipeline import rank_user
from mspa_model.runs import Run
from tests.explain.closed_form import closed_form_run

USER = "u003"


@pytest.fixture(scope="module")
def run(make_world, small_config, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("pseudonyms") / "run"
    folder.mkdir()
    return replace(closed_form_run(make_world("matrix"), small_config), path=folder)


@pytest.fixture(scope="module")
def case(run: Run) -> Case:
    order = rank_user(run, USER).final.ranking.order
    return Case(USER, str(run.dataset.streamers["streamer_id"].iat[int(order[0])]))


@pytest.fixture(scope="module")
def report(run: Run, case: Case) -> Evidence:
    return gather_evidence(run, case)


def test_a_pseudonym_is_as_short_as_tells_users_apart(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"u000": "abcdef" + "0" * 58, "u001": "abcdee" + "0" * 58, "u002": "abce" + "0" * 60}
    make_secret(run)
    monkeypatch.setattr("explain.report.pseudonym.user_key", lambda _, __, user: keys.get(user, "f" * 64))
    assert [pseudonym_of(run, user, b"") for user in keys] == [
        Pseudonym("abcdef", keys["u000"]),
        Pseudonym("abcdee", keys["u001"]),
        Pseudonym("abce", keys["u002"]),
    ]
    assert link_key(keys["u000"]) == "~abcdef0000000000"
    assert user_of_key(run, "~abce") == "u002"
    for wrong in ("abc", "abcd", "~abcde"):
        with pytest.raises(UnknownIdError, match="one of exactly one"):
            user_of_key(run, wrong)
    with pytest.raises(UnknownIdError) as refused:
        user_of_key(run, "9" * 99)
    assert "9" * 20 in str(refused.value)
    assert "9" * 21 not in str(refused.value)


def test_the_key_is_of_the_secret_the_run_and_the_user() -> None:
    key = user_key(b"s", "h", "u")
    assert key == hmac.new(b"s", b"h\0u", "sha256").hexdigest()
    assert len({key, user_key(b"t", "h", "u"), user_key(b"s", "i", "u"), user_key(b"s", "h", "v")}) == 4


def test_a_user_is_found_by_whichever_secret_opens_it(run: Run) -> None:
    key = user_key(b"second", run.hash, USER)
    assert user_behind(run, key, [b"first", b"second"]) == USER
    assert user_behind(run, link_key(key), [b"second"]) == USER
    assert user_behind(run, key, [b"first"]) is user_behind(run, key, []) is None


def test_without_a_key_file_that_is_said_and_none_is_made(run: Run, tmp_path: Path) -> None:
    bare = replace(run, path=tmp_path / "bare")
    with pytest.raises(UnknownIdError, match=r"no key file beside the run; expected bare\.key"):
        user_of_key(bare, "~abcdef")
    assert not places(bare)[0].exists()


# --- attacked with the list of all ids -------------------------------------------------------------------------------


def tried(ids: Iterable[str], printed: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every id with the hashes that anything printed could have been mixed into: salted in any place, or as a key."""
    words = sorted({"", *printed})
    digits = [word for word in words if re.fullmatch(r"[0-9a-f]{32,}", word)]
    for user in ids:
        for word in words:
            mixed = (f"{word}{user}", f"{user}{word}", *(f"{word}{sign}{user}" for sign in "\0:|-/ "))
            for message in mixed:
                for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                    yield user, algorithm(message.encode()).hexdigest()
        for key in digits:
            for secret in (key.encode(), bytes.fromhex(key[: len(key) // 2 * 2])):
                for message in (user, *(f"{word}\0{user}" for word in digits)):
                    yield user, hmac.digest(secret, message.encode(), "sha256").hex()


def attacked(text: str, ids: Iterable[str]) -> set[str]:
    """The users whom a report gives away to somebody who has it and all ids: by name, or by eight digits or more."""
    ids = list(ids)
    words = set(re.findall(r"[^\s\"'<>=&?,;()]{4,}", text)) | set(re.findall(r"[0-9a-f]{8,}", text))
    digits = {word for word in words if re.fullmatch(r"[0-9a-f]{8,}", word)}
    named = {user for user in ids if re.search(rf"\b{re.escape(user)}\b", text)}
    lengths = sorted({len(word) for word in digits})
    return named | {user for user, digest in tried(ids, words) if any(digest[:length] in digits for length in lengths)}


def texts_of(evidence: Evidence) -> dict[str, str]:
    """A report's views as text; of HTML all but how it looks, of the PDF what stands on its page."""
    texts = {name: VIEWS[name](evidence).decode() for name in ("json", "html", "md")}
    texts["html"] = re.sub(r"<style>.*?</style>", "", texts["html"], flags=re.DOTALL)
    return texts | {"pdf": json.dumps(asdict(page_of(evidence)), ensure_ascii=False)}


@pytest.mark.parametrize("view", ["json", "html", "md", "pdf"])
def test_a_report_and_the_list_of_all_ids_find_no_user(run: Run, report: Evidence, view: str) -> None:
    ids = run.dataset.users["user_id"].tolist()
    assert USER in ids
    assert attacked(texts_of(report)[view], ids) == set()


@pytest.mark.parametrize("view", ["json", "html", "md", "pdf"])
def test_the_same_attack_undoes_a_pseudonym_that_the_run_s_hash_salts(run: Run, case: Case, view: str) -> None:
    """As reports of the first schema had it: what is tested above is not an attack that finds nobody anyway."""
    key = hashlib.sha256(f"{run.hash}\0{USER}".encode()).hexdigest()
    trace = rank_user(run, USER)
    salted = evidence_of(run, explain(run, case, trace), trace, Pseudonym(key[:4], key), "", None)
    assert attacked(texts_of(salted)[view], run.dataset.users["user_id"]) == {USER}


def test_the_secret_is_nowhere_in_a_report(run: Run, report: Evidence) -> None:
    secret = make_secret(run).decode()
    assert not any(secret in view or secret[:16] in view for view in texts_of(report).values())
    assert report.case.user_key == user_key(secret.encode(), run.hash, USER)
