"""The report of a case: evidence that can be verified, and its views."""

from explain.report.evidence import Evidence, from_json, to_json
from explain.report.gather import gather_evidence
from explain.report.pseudonym import user_behind, user_of_key
from explain.report.render import VIEWS, render_report
from explain.report.secret import find_secrets, key_file, make_secret, read_secret
from explain.report.verify import verify

__all__ = [
    "VIEWS",
    "Evidence",
    "find_secrets",
    "from_json",
    "gather_evidence",
    "key_file",
    "make_secret",
    "read_secret",
    "render_report",
    "to_json",
    "user_behind",
    "user_of_key",
    "verify",
]
