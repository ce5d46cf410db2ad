"""Evidence: its hash speaks for every field, its JSON reads back, a broken file is named."""

import json
from dataclasses import fields, replace

import pytest

from explain.report.evidence import Evidence, from_json, hash_of, sealed, to_json
from mspa_model.errors import MspaError


def test_json_reads_back_as_it_was(evidence):
    assert from_json(to_json(evidence)) == evidence


def test_the_hash_is_over_everything_but_itself(evidence):
    assert hash_of(evidence) == evidence.sha256 == hash_of(replace(evidence, sha256="other"))


@pytest.mark.parametrize("name", ["answer", "note", "question", "run_hash", "audit_hash", "seal_sentence", "link"])
def test_a_changed_text_changes_the_hash(evidence, name):
    assert hash_of(replace(evidence, **{name: "changed"})) != evidence.sha256


def test_a_changed_number_deep_inside_changes_the_hash(evidence):
    first = replace(evidence.sources[0], margin=evidence.sources[0].margin + 1e-9)
    assert hash_of(replace(evidence, sources=(first, *evidence.sources[1:]))) != evidence.sha256


def test_sealed_again_is_the_same(evidence):
    assert sealed(evidence) == evidence


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.pop("margin"), "margin"),
        (lambda d: d.update(margin="much"), "margin"),
        (lambda d: d.update(margin=float("nan")), "margin"),
        (lambda d: d.update(extra=1), "extra"),
        (lambda d: d.update(schema="mspa-evidence/99"), "mspa-evidence/99"),
    ],
)
def test_what_is_no_evidence_is_refused_by_name(evidence, change, named):
    document = json.loads(to_json(evidence))
    change(document)
    with pytest.raises(MspaError, match=named):
        from_json(json.dumps(document))


def test_no_json_at_all_is_refused():
    with pytest.raises(MspaError, match="evidence of schema"):
        from_json("%PDF-1.7")


def test_every_field_is_in_the_json(evidence):
    named = replace(evidence, group_names={"visual group 1": "rooftops"})
    assert set(json.loads(to_json(named))) == {field.name for field in fields(Evidence)}
    assert from_json(to_json(named)) == named
    assert hash_of(named) != hash_of(evidence)


def test_a_report_of_the_schema_before_is_told_as_identifying_its_user(evidence):
    document = json.loads(to_json(evidence)) | {"schema": "mspa-evidence/1"}
    del document["audit_hash"]
    with pytest.raises(MspaError, match="mspa-evidence/1, which identifies its user"):
        from_json(json.dumps(document))
