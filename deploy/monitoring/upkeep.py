"""Two rows of *Plumbing*: configuration, certificates and Events; and the process."""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import (
    BYTES,
    GREEN,
    HOSTS,
    NUMBER,
    ORANGE,
    RED,
    SECONDS,
    SHARE,
    YELLOW,
    Json,
    Target,
    graph,
    now,
    stat,
)
from deploy.monitoring.queries import RECENT, greatest, ours, process, rate, ratio

_DAY = 86400
_TAKEN: Json = {
    "type": "value",
    "options": {
        "0": {"text": "refused", "color": RED},
        "1": {"text": "in order", "color": GREEN},
    },
}

UPKEEP = Row(
    "Configuration, certificates, Events",
    (
        stat(
            "Configuration",
            "Whether the file on disk is in order; refused: the one before stays in effect, the "
            "log names every mistake, and the process would not start with it. Runbook: "
            "docs/runbooks/NovaExtenderConfigReloadFailed.md.",
            Target(f"min({ours('config_reload_success')})", "file"),
            unit=NUMBER,
            mappings=[_TAKEN],
        ),
        stat(
            "Configuration taken over",
            "How long ago it was last read and found in order, in the replica where that is "
            "longest ago; blue marks on the graphs say when.",
            now(f"time() - min({ours('config_reload_timestamp_seconds')})", "ago"),
            unit=SECONDS,
        ),
        stat(
            "Options that wait for a restart",
            "How many options have a new value that takes effect with the next start only; the log "
            "names them. Restart the Deployment when it suits you.",
            Target(greatest(ours("config_restart_needed")), "options"),
            unit=NUMBER,
            limits=[(1, YELLOW)],
        ),
        stat(
            "Certificates expire in",
            "How long the certificates in use hold: that of the verbs, the first of those that "
            "clients' are signed by, and that of the webhook. Less than a fortnight: whoever "
            "renews them has not. Runbook: docs/runbooks/NovaExtenderCertificateExpiring.md.",
            now(
                f"min by (certificate) ({ours('certificate_expiry_timestamp_seconds')}) - time()",
                "{{certificate}}",
            ),
            unit=SECONDS,
            width=12,
            below=RED,
            limits=[(_DAY, ORANGE), (14 * _DAY, GREEN)],
            empty="no certificates",
        ),
        graph(
            "Events dropped",
            "Events (of pods, for people) that were never written: too many at once, or the API "
            "server refused them, which the log says. Nothing else depends on them.",
            Target(rate(ours("events_dropped_total")), "dropped"),
            unit=HOSTS,
            width=24,
            height=6,
        ),
    ),
)

PROCESS = Row(
    "The process",
    (
        graph(
            "CPU",
            "Cores that each replica uses. Python runs one thread at a time, so about 1 is all it "
            "can use; near it calls wait for each other. A CPU limit below it makes single calls "
            "slow: take it away.",
            Target(f"rate({process('cpu_seconds_total')}[{RECENT}])", "{{instance}}"),
            unit=NUMBER,
            width=8,
        ),
        graph(
            "Memory",
            "What each replica has in memory. It grows with nodes and pods and then stays; if it "
            "grows with neither it is a leak: please report it. Keep the memory limit well above.",
            Target(process("resident_memory_bytes"), "{{instance}}"),
            unit=BYTES,
            width=8,
        ),
        graph(
            "Open files",
            "Connections and files of each replica, as a share of what it may open. It follows the "
            "number of calls at once; near 100 % it can take no more connections.",
            Target(ratio(process("open_fds"), process("max_fds")), "{{instance}}"),
            unit=SHARE,
            width=8,
            limits=[(0.8, RED)],
        ),
    ),
)
