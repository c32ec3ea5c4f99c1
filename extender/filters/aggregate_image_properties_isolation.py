"""Images that an aggregate admits, by their properties."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.model.facts import Facts, Source
from extender.model.groups import Aggregates, split_values, values_from_key
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

IMAGE_PROPERTY_NOT_ALLOWED = Reason(
    "image_property_not_allowed", "image property is not allowed on the host", Category.POLICY
)


class AggregateImagePropertiesIsolation(HostFilter):
    """Refuse hosts whose aggregates list values of an image property, but not the image's.

    Only properties that Nova knows are compared, as Python's text (``True``, ``4``); one that the
    image does not have, or that is false, 0 or empty, is welcome everywhere. With option
    ``aggregate_image_properties_isolation_namespace`` only keys count that start with it and the
    separator, which stay part of the name: with the default separator none does, as in Nova.
    Source: ``AggregateImagePropertiesIsolation``, Nova 2014.1 on.
    """

    run_filter_once_per_request = True
    RUN_ON_REBUILD = True
    added_in = "2014.1"
    reasons = (IMAGE_PROPERTY_NOT_ALLOWED,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Test each distinct set of aggregates once."""
        compared = self._compared(spec)
        if not compared:
            return np.zeros(len(hosts), dtype=np.uint8)
        aggregates = hosts.encoded("aggregates")
        lists = aggregates.vocabulary.memo((type(self).__qualname__,), _lists)
        refused = self.code(IMAGE_PROPERTY_NOT_ALLOWED)
        verdicts = [refused if _unlisted(compared, listed) else 0 for listed in lists]
        return np.array(verdicts, dtype=np.uint8)[aggregates.codes]

    def _compared(self, spec: RequestSpec) -> dict[str, str]:
        """The texts of the image's properties that an aggregate may list."""
        prefix, options = "", self.options
        if options.aggregate_image_properties_isolation_namespace:
            prefix = (
                options.aggregate_image_properties_isolation_namespace
                + options.aggregate_image_properties_isolation_separator
            )
        properties = spec.image.properties
        return {k: str(v) for k, v in properties.items() if v and k.startswith(prefix)}

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The properties that the host's aggregates list, the image's values and theirs."""
        compared = self._compared(spec)
        listed = _lists(host.aggregates)
        unlisted = _unlisted(compared, listed)
        keys = sorted(compared.keys() & listed.keys())
        return Facts(
            need=", ".join(f"{key}={compared[key]}" for key in unlisted or keys) or None,
            have=", ".join(f"{key}={' or '.join(sorted(listed[key]))}" for key in unlisted or keys)
            or "any",
            sources=(
                *(
                    Source(key, compared[key], "pod annotation nova-extender.io/image_properties")
                    for key in keys
                ),
                *(
                    Source(key, a.metadata[key], f"aggregate {a.name}")
                    for key in keys
                    for a in host.aggregates
                    if key in a.metadata
                ),
            ),
        )


Lists = Mapping[str, frozenset[str]]
"""What aggregates list under each of their keys."""


def _lists(aggregates: Aggregates) -> Lists:
    keys = {key for aggregate in aggregates for key in aggregate.metadata}
    return {key: split_values(values_from_key(aggregates, key)) for key in keys}


def _unlisted(compared: Mapping[str, str], listed: Lists) -> list[str]:
    """The properties whose value is not among those listed."""
    return [key for key in listed if key in compared and compared[key] not in listed[key]]
