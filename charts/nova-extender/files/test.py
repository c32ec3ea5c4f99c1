"""What "helm test" runs, in the extender's own image: is it ready, and does it answer?

Told by the environment: METRICS_URL; and where the extender stands alone VERBS_URL, which is asked
about the node NODE_NAME, with kube-scheduler's certificate in the folder CLIENT_TLS.
"""

# ruff: noqa: INP001 - the chart has this program, and no package

from __future__ import annotations

import json
import os
import ssl
import sys
import time
import urllib.request
from typing import Any

PATIENCE = 60.0
TIMEOUT = 5.0


def read(url: str, body: bytes | None = None, context: ssl.SSLContext | None = None) -> str:
    """What is answered; asked again until it is, for a new release may still be starting."""
    end = time.monotonic() + PATIENCE
    # The addresses are the chart's, and begin with http.
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    while True:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=context) as answer:  # noqa: S310
                text: str = answer.read().decode()
                return text
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"{url}: {error}")
        time.sleep(1)


def ask_filter(url: str, node: str, folder: str) -> str:
    """Asks as kube-scheduler does whether a pod may run on a node."""
    context = ssl.create_default_context(cafile=f"{folder}/ca.crt")
    context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
    metadata = {"name": "helm-test", "namespace": "default", "uid": "helm-test"}
    pod = {"metadata": metadata, "spec": {"containers": [{"name": "main", "image": "none"}]}}
    asked = json.dumps({"Pod": pod, "NodeNames": [node]}).encode()
    answered: dict[str, Any] = json.loads(read(f"{url}/filter", asked, context))
    if answered["Error"]:
        sys.exit(f"filter: {answered['Error']}")
    if node in answered["NodeNames"]:
        return "passes"
    refused = {**(answered["FailedNodes"] or {}), **(answered["FailedAndUnresolvableNodes"] or {})}
    return f"is refused: {refused[node]}"


def say(text: str) -> None:
    """One line for "helm test --logs"."""
    sys.stdout.write(f"{text}\n")


def main() -> None:
    """Ends with 0 if all is as it should be."""
    metrics = os.environ["METRICS_URL"]
    say(f"ready: {read(f'{metrics}/readyz').strip()}")
    if "\nnova_extender_build_info{" not in read(f"{metrics}/metrics"):
        sys.exit(f"{metrics}/metrics has no nova_extender_build_info")
    verbs = os.environ.get("VERBS_URL")
    node = os.environ["NODE_NAME"]
    if verbs:
        say(f"filter: {node} {ask_filter(verbs, node, os.environ['CLIENT_TLS'])}")
    else:
        say(f"scheduled: to {node}")


if __name__ == "__main__":
    main()
