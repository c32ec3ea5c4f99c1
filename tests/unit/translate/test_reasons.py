"""Reasons that refuse a pod everywhere."""

from __future__ import annotations

from extender.translate.reasons import REASONS


def test_ids_texts_and_categories() -> None:
    """Exactly those of the mapping's table, in its order; no preemption cures them."""
    assert [(r.id, r.text, str(r.category)) for r in REASONS] == [
        ("forcing_not_allowed", "forcing hosts is not allowed in this namespace", "policy"),
        ("invalid_annotation", "pod annotation is not valid", "data"),
        ("unknown_flavor", "flavor does not exist", "data"),
        ("unknown_server_group", "server group does not exist", "data"),
        ("flavor_differs", "pod requests differ from its flavor", "policy"),
        ("unsupported_policy", "server group policy is not enabled", "policy"),
        ("max_retries_exceeded", "exceeded maximum number of retries", "retry"),
    ]
    assert not any(reason.cured for reason in REASONS)
