"""What the options of the listeners mean together: who may ask there, and how that is known."""

from __future__ import annotations

from collections.abc import Iterator

from extender.config.addresses import is_loopback, split_bind
from extender.config.options import Config
from extender.config.problems import Problem

_FILE = "a file in PEM; or none of server.cert_file, key_file, client_ca_file and allowed_clients"


def conflicts(config: Config) -> Iterator[Problem]:
    """What contradicts itself."""
    yield from _of_tls(config)
    yield from _of_webhook(config)


def notices(config: Config) -> Iterator[str]:
    """What an operator should know although it is in order."""
    server = config.server
    host, _ = split_bind(server.bind)
    if server.cert_file is None and not is_loopback(host):
        yield (
            f"server.bind {server.bind} is no loopback address and has no TLS: whoever reaches it"
            " may ask, and have pods bound; server.cert_file and its fellows keep it to"
            " kube-scheduler"
        )


def _of_tls(config: Config) -> Iterator[Problem]:
    """All four options or none: each of them alone would protect less than it seems to."""
    server = config.server
    given = {
        "server.cert_file": server.cert_file,
        "server.key_file": server.key_file,
        "server.client_ca_file": server.client_ca_file,
        "server.allowed_clients": server.allowed_clients,
    }
    present = [path for path, value in given.items() if value]
    if not present:
        return
    set_already = f"{', '.join(present)} {'is' if len(present) == 1 else 'are'} set"
    if server.cert_file is None:
        why = f"{set_already}, and TLS begins with a certificate of the extender's own"
        yield Problem("server.cert_file", why, _FILE)
    if server.key_file is None:
        why = f"{set_already}, and a certificate is of no use without its key"
        yield Problem("server.key_file", why, _FILE)
    if server.client_ca_file is None:
        why = f"{set_already}, and only a certificate of its own can show that a client may ask"
        yield Problem("server.client_ca_file", why, _FILE)
    if not server.allowed_clients:
        why = (
            f"{set_already}, and whoever has a certificate of those authorities could ask: of a"
            " cluster's own, each node has one"
        )
        yield Problem(
            "server.allowed_clients",
            why,
            "the CN, or a DNS name (SAN), of kube-scheduler's certificate, such as"
            " system:kube-scheduler",
        )


def _of_webhook(config: Config) -> Iterator[Problem]:
    server = config.server
    if not server.webhook_bind:
        return
    files = {
        "server.webhook_cert_file": server.webhook_cert_file,
        "server.webhook_key_file": server.webhook_key_file,
    }
    for path, file in files.items():
        if file is None:
            why = "API servers ask webhooks with TLS only, and server.webhook_bind is set"
            yield Problem(path, why, 'a file in PEM, or "" for server.webhook_bind')
    if config.kubernetes.overcommit != "native":
        why = f"kubernetes.overcommit {config.kubernetes.overcommit} leaves nodes as they are"
        yield Problem("server.webhook_bind", why, '"", or kubernetes.overcommit native')
