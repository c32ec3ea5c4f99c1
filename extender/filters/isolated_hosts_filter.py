"""Some images on some hosts, and nothing else there."""

from __future__ import annotations

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.facts import Facts, Source, some
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec

IMAGE_NEEDS_ISOLATED_HOST = Reason(
    "image_needs_isolated_host", "image must run on an isolated host", Category.POLICY
)
HOST_IS_ISOLATED = Reason(
    "host_is_isolated", "host is reserved for isolated images", Category.POLICY
)
SHOWN = 10
"""So many images or hosts are named in an explanation."""


class IsolatedHostsFilter(HostFilter):
    """Keep ``isolated_images`` on ``isolated_hosts``, and these hosts free of all other images.

    The latter only where ``restrict_isolated_hosts_to_isolated_images`` is set. Images are compared
    as pods write them, those of all containers and init containers, or a second container would
    get round it: one isolated image is enough to need an isolated host, one other image enough to
    be kept off it, so a pod with both passes nowhere while hosts are restricted.
    Source: ``IsolatedHostsFilter``, Nova 2012.1 on.
    """

    run_filter_once_per_request = True
    RUN_ON_REBUILD = True
    added_in = "2012.1"
    reasons = (IMAGE_NEEDS_ISOLATED_HOST, HOST_IS_ISOLATED)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Find the isolated hosts by name; the images are the same for all of them."""
        isolated = hosts.encoded("host").isin(self.options.isolated_hosts)
        bound, barred = self._images(spec)
        return refuse(
            (~isolated & bool(bound), self.code(IMAGE_NEEDS_ISOLATED_HOST)),
            (isolated & barred, self.code(HOST_IS_ISOLATED)),
            hosts=hosts,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Where the images may run, what the host is, and the options that say so."""
        bound, barred = self._images(spec)
        wanted = {
            (True, True): "an isolated host for some images, another for the rest",
            (True, False): "an isolated host",
            (False, True): "no isolated host",
            (False, False): "any",
        }
        group = "option filter_scheduler."
        restrict = "restrict_isolated_hosts_to_isolated_images"
        isolated = host.host in self.options.isolated_hosts
        return Facts(
            need=wanted[bool(bound), barred],
            have="isolated" if isolated else "not isolated",
            sources=(
                Source("isolated images", _some(bound), f"of the pod, by {group}isolated_images"),
                Source(
                    "isolated_hosts", _some(self.options.isolated_hosts), f"{group}isolated_hosts"
                ),
                Source(restrict, "true" if self._restricts() else "false", f"{group}{restrict}"),
            ),
        )

    def _images(self, spec: RequestSpec) -> tuple[tuple[str, ...], bool]:
        """The request's isolated images, and whether it is barred from isolated hosts.

        A request without an image counts as one with another image, as in Nova since 18.0.0.
        """
        images = spec.images or (spec.image.id,)
        found = [image for image in images if image and image in self.options.isolated_images]
        return tuple(dict.fromkeys(found)), self._restricts() and len(found) < len(images)

    def _restricts(self) -> bool:
        return self.options.restrict_isolated_hosts_to_isolated_images


def _some(names: tuple[str, ...]) -> str:
    """Up to ten of the names, and how many more there are."""
    return some(names, SHOWN) or "none"
