"""From a configuration to a running engine: where everything is put together."""

from __future__ import annotations

import random
import time

from extender.config.class_names import check_filters
from extender.config.load import Loaded, load
from extender.config.options import Config
from extender.config.plain import scheduler_options, translate_options
from extender.config.problems import ConfigError, Problem
from extender.filters.base import HostFilter
from extender.scheduler.drivers import scheduler
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.loading import (
    LoadError,
    available_filters,
    load_filters,
    load_weighers,
)
from extender.state.attempts import Attempts
from extender.state.retry_history import RetryHistory
from extender.verbs.engine import Engine
from extender.weighers.base import HostWeigher


def load_config(path: str | None, text: str | None = None) -> Loaded:
    """Read the configuration, and check that every filter and weigher it names can be had.

    Args:
        path: the file; None for the defaults.
        text: what the file holds, where it was read already.

    Raises:
        ConfigError: with every problem found.
    """
    return load(path, text, check=lambda config: _scheduler(config)[1])


def build_scheduler(config: Config) -> FilterScheduler:
    """The scheduler that the configuration describes.

    Raises:
        ConfigError: a filter or weigher that it names cannot be had.
    """
    scheduler, problems = _scheduler(config)
    if problems:
        raise ConfigError(problems)
    return scheduler


def _scheduler(config: Config) -> tuple[FilterScheduler, list[Problem]]:
    """The scheduler of what can be had, and what cannot."""
    options = scheduler_options(config)
    group = config.filter_scheduler
    problems: list[Problem] = []
    filters: tuple[HostFilter, ...] = ()
    weighers: tuple[HostWeigher, ...] = ()
    try:
        known = available_filters(group.available_filters)
        problems += check_filters(config, list(known))
        if not problems:
            filters = load_filters(known, group.enabled_filters, options)
    except LoadError as error:
        accepted = "nova.scheduler.filters.all_filters, or dotted paths of filter classes"
        problems.append(Problem("filter_scheduler.available_filters", str(error), accepted))
    try:
        weighers = load_weighers(group.weight_classes, options)
    except LoadError as error:
        accepted = "nova.scheduler.weights.all_weighers, or dotted paths of weigher classes"
        problems.append(Problem("filter_scheduler.weight_classes", str(error), accepted))
    rng = random.Random()  # noqa: S311 - chance, not a secret
    return scheduler(filters, weighers, options, time.perf_counter, rng), problems


def build_engine(config: Config) -> Engine:
    """An engine with an empty cluster, that tells nobody of its attempts yet."""
    engine = Engine(
        scheduler=build_scheduler(config),
        options=translate_options(config),
        attempts=Attempts(config.server.attempts_memory_bytes),
    )
    engine.cluster.retries = RetryHistory(float(config.kubernetes.retry_history_ttl))
    count_failed_builds(engine)
    return engine


def count_failed_builds(engine: Engine) -> None:
    """Have the engine's cluster count failed builds, or not, as its scheduler's options say.

    A threshold of 0 switches that off; any other number means nothing more, as in Nova 18 on.
    """
    threshold = engine.scheduler.options.consecutive_build_service_disable_threshold
    engine.cluster.count_failed_builds(threshold != 0)
