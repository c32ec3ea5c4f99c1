"""How to reach the cluster and as whom: kubeconfig or service account, by the official client."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kubernetes.client import Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_HOST_ENV_NAME,
    SERVICE_PORT_ENV_NAME,
    SERVICE_TOKEN_FILENAME,
    InClusterConfigLoader,
)
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

from extender.kube.errors import KubeConfigError
from extender.kube.kubeconfig import Chosen, choose, find_files
from extender.kube.transport import Transport

# The client's loaders have no annotations.
_InClusterLoader: Any = InClusterConfigLoader
_Loader: Any = KubeConfigLoader
_Merger: Any = KubeConfigMerger

TOKEN_PERIOD = 60.0
"""Seconds after which a token file is read again, as client-go does (``fileTokenSource`` in
``client-go/transport/token_source.go``): half of the time between the kubelet's refresh of a
projected token and the old token's end."""

_INSTEAD = "pass --kubeconfig FILE to run outside of a cluster"


def from_kubeconfig(
    path: str | None, context: str | None = None, *, user_agent: str = "nova-extender"
) -> Transport:
    """The cluster of a kubeconfig.

    Tokens, token files (read again every minute), client certificates, basic authentication, OIDC
    and exec plug-ins work as the client supports them; refreshed OIDC tokens are written back where
    the file can be written, as kubectl does.

    Args:
        path: the file, or several as in ``$KUBECONFIG``; None for ``$KUBECONFIG``, else
            ``~/.kube/config``.
        context: the name of a context, None for the file's current one.
        user_agent: see `Transport`.

    Raises:
        KubeConfigError: says what is missing or wrong, and what to give instead.
    """
    return Transport(lambda: _load_kubeconfig(path, context), user_agent)


def in_cluster(
    *,
    user_agent: str = "nova-extender",
    token_file: str = SERVICE_TOKEN_FILENAME,
    ca_file: str = SERVICE_CERT_FILENAME,
    environment: Mapping[str, str] = os.environ,
) -> Transport:
    """The cluster this process runs in, as the service account of its pod.

    The token is read again every minute: the kubelet replaces it before it ends.

    Args:
        user_agent: see `Transport`.
        token_file: where the kubelet puts the token.
        ca_file: where it puts the cluster's authority.
        environment: the environment variables.

    Raises:
        KubeConfigError: says which variable or file is missing, and what to give instead.
    """
    return Transport(lambda: _load_in_cluster(token_file, ca_file, environment), user_agent)


def _load_in_cluster(
    token_file: str, ca_file: str, environment: Mapping[str, str]
) -> Configuration:
    for variable in (SERVICE_HOST_ENV_NAME, SERVICE_PORT_ENV_NAME):
        if not environment.get(variable):
            raise KubeConfigError(f"not in a cluster: ${variable} is not set; {_INSTEAD}")
    for name, what in ((token_file, "service account token"), (ca_file, "cluster's authority")):
        try:
            empty = not Path(name).read_bytes().strip()
        except OSError as error:
            raise KubeConfigError(
                f"not in a cluster: the {what} {name} cannot be read ({error.strerror}); is"
                f" automountServiceAccountToken off? Else {_INSTEAD}"
            ) from error
        if empty:
            raise KubeConfigError(f"the {what} {name} is empty")
    configuration = Configuration()
    try:
        _InClusterLoader(
            token_filename=token_file, cert_filename=ca_file, environ=environment
        ).load_and_set(configuration)
    except (ConfigException, OSError, ValueError) as error:
        raise KubeConfigError(f"in the cluster: {error}") from error
    _check_certificates(configuration, "in the cluster")
    return configuration


def _load_kubeconfig(path: str | None, context: str | None) -> Configuration:
    files = find_files(path, os.environ)
    chosen = choose(files, context)
    where = os.pathsep.join(files)
    token_file = _token_file(chosen, where)
    configuration = Configuration()
    try:
        merged = _Merger(where)

        def write_back() -> None:
            with suppress(OSError):  # a mounted Secret, for instance
                merged.save_changes()

        _Loader(
            merged.config,
            active_context=chosen.context,
            # Paths refer to the file they stand in.
            config_base_path=None,
            config_persister=write_back,
        ).load_and_set(configuration)
    except Exception as error:  # the client checks little: anything may come out of a wrong file
        raise KubeConfigError(f"kubeconfig {where}: {error}") from error
    if token_file is not None:
        token_file(configuration)
        # Its type is taken from its initial None.
        configuration.refresh_api_key_hook = token_file  # type: ignore[assignment]
    if "exec" in chosen.user and not (configuration.api_key or configuration.cert_file):
        command = chosen.user["exec"]["command"]
        raise KubeConfigError(
            f"kubeconfig {where}: exec plug-in {command!r} gave neither a token nor a certificate;"
            " the line logged before this one says why"
        )
    _check_certificates(configuration, f"kubeconfig {where}")
    return configuration


def _check_certificates(configuration: Configuration, where: str) -> None:
    """Otherwise they would first be looked at when connecting, and look like a network fault."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if configuration.ssl_ca_cert:
            context.load_verify_locations(configuration.ssl_ca_cert)
    except (OSError, ValueError) as error:
        file = configuration.ssl_ca_cert
        raise KubeConfigError(f"{where}: {file} is no certificate authority: {error}") from error
    try:
        if configuration.cert_file:
            # Without a password an encrypted key would make OpenSSL ask on the terminal.
            context.load_cert_chain(configuration.cert_file, configuration.key_file, password="")
    except (OSError, ValueError) as error:
        raise KubeConfigError(
            f"{where}: client certificate and key cannot be used: {error}"
        ) from error


def _token_file(chosen: Chosen, where: str) -> Callable[[Configuration], None] | None:
    """What puts the token of a ``tokenFile`` in place; the client would read it only once.

    Like kubectl's, the file wins over ``token`` in the same entry.
    """
    named = chosen.user.get("tokenFile")
    if not named or "auth-provider" in chosen.user:
        return None
    file = chosen.directory / str(named)
    token, due = "", 0.0

    def refresh(configuration: Configuration) -> None:
        nonlocal token, due
        if time.monotonic() >= due:
            # Halfway through being replaced it may be missing or empty: the old one still holds.
            with suppress(OSError, ValueError):
                token = file.read_text().strip() or token
            due = time.monotonic() + TOKEN_PERIOD
        if not token:
            raise KubeConfigError(f"kubeconfig {where}: token file {file} is missing or empty")
        configuration.api_key["BearerToken"] = f"Bearer {token}"

    refresh(Configuration())
    return refresh
