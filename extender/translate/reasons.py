"""Why a pod cannot be judged at all: reasons that refuse every host, before the filters."""

from __future__ import annotations

from extender.model.reason import Category, Reason

FORCING_NOT_ALLOWED = Reason(
    "forcing_not_allowed", "forcing hosts is not allowed in this namespace", Category.POLICY
)
"""``force_hosts``, ``force_nodes`` or the hint ``_nova_check_type`` outside admin_namespaces."""

INVALID_ANNOTATION = Reason("invalid_annotation", "pod annotation is not valid", Category.DATA)
"""An annotation of the pod that cannot be understood."""

UNKNOWN_FLAVOR = Reason("unknown_flavor", "flavor does not exist", Category.DATA)
"""The annotation ``flavor`` names no Flavor."""

UNKNOWN_SERVER_GROUP = Reason("unknown_server_group", "server group does not exist", Category.DATA)
"""The annotation ``server_group`` names no ServerGroup of the pod's namespace."""

FLAVOR_DIFFERS = Reason("flavor_differs", "pod requests differ from its flavor", Category.POLICY)
"""The pod asks for other amounts than the Flavor it names."""

UNSUPPORTED_POLICY = Reason(
    "unsupported_policy", "server group policy is not enabled", Category.POLICY
)
"""The filter or weigher of the group's policy is off (Nova: UnsupportedPolicyException)."""

MAX_RETRIES_EXCEEDED = Reason(
    "max_retries_exceeded", "exceeded maximum number of retries", Category.RETRY
)
"""More attempts than ``max_attempts`` (Nova: MaxRetriesExceeded)."""

REASONS: tuple[Reason, ...] = (
    FORCING_NOT_ALLOWED,
    INVALID_ANNOTATION,
    UNKNOWN_FLAVOR,
    UNKNOWN_SERVER_GROUP,
    FLAVOR_DIFFERS,
    UNSUPPORTED_POLICY,
    MAX_RETRIES_EXCEEDED,
)
"""In order of precedence: where several hold, the first is given."""
