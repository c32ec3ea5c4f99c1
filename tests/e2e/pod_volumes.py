"""The files of a pod's volumes, read from the API server and replaced the way a kubelet does it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.api import Api, Object, path

Files = dict[str, bytes]


class Volumes:
    """What the volumes of one pod hold.

    Args:
        api: Where ConfigMaps and Secrets are.
        pod: The pod as the API server has it.
    """

    def __init__(self, api: Api, pod: Object) -> None:
        self._api = api
        self._pod = pod
        self._namespace = pod["metadata"]["namespace"]
        self._volumes: dict[str, Object] = {each["name"]: each for each in pod["spec"]["volumes"]}
        self._tokens: dict[str, bytes] = {}

    def read(self, name: str) -> Files | None:
        """The files of a volume as they are to be now; None for an empty folder to write to."""
        volume = self._volumes[name]
        if "emptyDir" in volume:
            return None
        if "projected" in volume:
            found: Files = {}
            for source in volume["projected"]["sources"]:
                found |= self._source(source)
            return found
        # As a source of a projected volume, but for the name of a Secret.
        return self._source(
            {kind: {"name": given.get("secretName"), **given} for kind, given in _of(volume)}
        )

    def _source(self, source: Mapping[str, Any]) -> Files:
        ((kind, given),) = source.items()
        match kind:
            case "configMap":
                held = self._api.get("ConfigMap", given["name"], self._namespace)
                return _chosen(given, {key: text.encode() for key, text in held["data"].items()})
            case "secret":
                return _chosen(given, secret_files(self._api, self._namespace, given["name"]))
            case "serviceAccountToken":
                return {given["path"]: self._token(given)}
            case "downwardAPI":
                return {
                    item["path"]: field(self._pod, item["fieldRef"]["fieldPath"]).encode()
                    for item in given["items"]
                }
        raise NotImplementedError(f"a volume of {kind}")

    def _token(self, given: Mapping[str, Any]) -> bytes:
        """A token of the pod's own service account that ends with the pod."""
        key = given["path"]
        if key not in self._tokens:
            meta = self._pod["metadata"]
            account = path(
                "ServiceAccount", self._pod["spec"]["serviceAccountName"], meta["namespace"]
            )
            bound = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}
            spec = {
                "audiences": [given["audience"]] if "audience" in given else [],
                "expirationSeconds": given.get("expirationSeconds", 3600),
                "boundObjectRef": bound,
            }
            request = {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": spec,
            }
            answer = self._api.request("POST", f"{account}/token", request)
            self._tokens[key] = answer["status"]["token"].encode()
        return self._tokens[key]


def secret_files(api: Api, namespace: str, name: str) -> Files:
    """What a Secret holds."""
    held = api.get("Secret", name, namespace)
    return {key: base64.b64decode(text) for key, text in held["data"].items()}


def write(folder: Path, files: Files) -> bool:
    """Makes the folder hold these files, all of them replaced at one moment.

    A kubelet writes them into a new folder and then turns the link `..data` to it, through which
    the links that bear the files' names lead. Returns whether anything had to be done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "..data"
    if data.exists() and files == {each.name: each.read_bytes() for each in data.iterdir()}:
        return False
    old = data.resolve() if data.exists() else None
    number = int(old.name.removeprefix("..")) + 1 if old is not None else 1
    new = folder / f"..{number}"
    new.mkdir()
    for name, content in files.items():
        (new / name).write_bytes(content)
    link = folder / "..data_tmp"
    link.symlink_to(new.name)
    link.replace(data)
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(Path("..data") / name)
    if old is not None:
        for gone in {each.name for each in old.iterdir()} - set(files):
            (folder / gone).unlink()
        shutil.rmtree(old)
    return True


def field(pod: Object, path: str) -> str:
    """A field of the pod as the downward API gives it."""
    found: Any = pod
    for part in path.split("."):
        found = found[part]
    return str(found)


def _of(volume: Object) -> list[tuple[str, Object]]:
    return [(kind, given) for kind, given in volume.items() if kind != "name"]


def _chosen(given: Mapping[str, Any], data: Files) -> Files:
    """All keys, or those that are named, under the names given to them."""
    items = given.get("items")
    return data if items is None else {item["path"]: data[item["key"]] for item in items}
