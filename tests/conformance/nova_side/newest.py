"""The newest release: its filters, its weighers, its handlers and its scheduling loop."""

from __future__ import annotations

from typing import Any

from nova import conf as nova_conf  # type: ignore[import-not-found]
from nova import objects, weights
from nova.scheduler import filters as scheduler_filters  # type: ignore[import-not-found]
from nova.scheduler import weights as scheduler_weights
from oslo_config import cfg  # type: ignore[import-not-found]  # in Nova's own environment
from oslo_utils import timeutils  # type: ignore[import-not-found]  # in Nova's own environment

from tests.conformance.case import Case
from tests.conformance.nova_side import build, loop, stand_ins
from tests.conformance.nova_side.options import Options
from tests.conformance.nova_side.verdict import failure, verdict


class Newest:
    """Everything that the newest release still has."""

    def __init__(self) -> None:
        objects.register_all()
        nova_conf.CONF([], project="nova", version="", default_config_files=[])
        timeutils.set_time_override(build.NOW.replace(tzinfo=None))
        stand_ins.install()
        # AvailabilityZoneFilter of 27 asks for it, only to warn.
        asked = cfg.BoolOpt("query_placement_for_availability_zone", default=False)
        nova_conf.CONF.register_opt(asked, group="scheduler")
        self.options = Options(nova_conf.CONF, without=("attestation_auth_timeout",))
        self.filters = {cls.__name__: cls for cls in scheduler_filters.all_filters()}
        self.filters.update(loop.removed_filters())
        self.removed = set(loop.removed_filters())
        self.weighers = {cls.__name__: cls for cls in scheduler_weights.all_weighers()}

    def judge(self, case: Case) -> dict[str, Any]:
        """All answers to one case."""
        with self.options.of(case):
            try:
                spec, states = build.request_spec(case), build.host_states(case)
            except Exception as error:  # noqa: BLE001 - Nova's objects refuse the case itself
                return {"refused": failure(error)}
            return {
                "filters": self._filters(case, spec, states),
                "weighers": self._weighers(case, spec, states),
                "total": self._total(case, spec, states),
                "sequence": loop.sequence(self, case, spec, states),
                "schedule": loop.schedule(self, case),
            }

    def _filters(self, case: Case, spec: Any, states: list[Any]) -> dict[str, Any]:
        found = {}
        for name in case.get("judge", self.filters):
            if name in self.removed or name not in self.filters:
                continue
            host_filter = self.filters[name]()
            verdicts = []
            for state in states:
                state.allocation_candidates = build.candidates(state.host)
                verdicts.append(verdict(host_filter, state, spec))
            found[name] = verdicts
        return found

    def _weighers(self, case: Case, spec: Any, states: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in case.get("weigh", self.weighers):
            weigher = self.weighers[name]()
            try:
                found[name] = _weigh(weigher, states, spec)
            except Exception as error:  # noqa: BLE001 - Nova aborts: that is the answer
                found[name] = failure(error)
        return found

    def _total(self, case: Case, spec: Any, states: list[Any]) -> Any:
        weighers = [self.weighers[name]() for name in case.get("weighers", [])]
        handler = scheduler_weights.HostWeightHandler()
        try:
            weighed = handler.get_weighed_objects(weighers, states, spec)
        except Exception as error:  # noqa: BLE001 - Nova aborts: that is the answer
            return failure(error)
        return {
            "order": [one.obj.host for one in weighed],
            "weights": {one.obj.host: one.weight for one in weighed},
        }


def _weigh(weigher: Any, states: list[Any], spec: Any) -> dict[str, Any]:
    raw = [weigher._weigh_object(state, spec) for state in states]
    wrapped = [scheduler_weights.WeighedHost(state, 0.0) for state in states]
    clamped = weigher.weigh_objects(wrapped, spec)
    normalised = list(weights.normalize(clamped, weigher.minval, weigher.maxval))
    handler = scheduler_weights.HostWeightHandler()
    weighed = handler.get_weighed_objects([weigher], states, spec)
    by_host = {one.obj.host: one.weight for one in weighed}
    return {
        "raw": raw,
        "normalised": normalised,
        "multipliers": [weigher.weight_multiplier(state) for state in states],
        "weighed": [by_host[state.host] for state in states],
    }
