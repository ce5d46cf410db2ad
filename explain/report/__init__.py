"""The report of a case: evidence that can be verified, and its views."""

from explain.report.evidence import Evidence, from_json, to_json
from explain.report.gather import gather_evidence
from explain.report.pseudonym import user_of_key
from explain.report.render import VIEWS, render_report
from explain.report.verify import verify

__all__ = ["VIEWS", "Evidence", "from_json", "gather_evidence", "render_report", "to_json", "user_of_key", "verify"]
