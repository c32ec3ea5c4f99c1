"""Finding the cluster: kubeconfigs right and wrong, token files, plug-ins, service accounts."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from extender.kube import credentials
from extender.kube.credentials import from_kubeconfig, in_cluster
from extender.kube.errors import ApiError, KubeConfigError
from tests.unit.kube.apiserver import Exchange, FakeApiServer, Serve, refuse
from tests.unit.kube.certificates import Certificate


def _ok(exchange: Exchange) -> None:
    exchange.reply(200, {})


def _config(
    server: str,
    user: dict[str, Any] | None = None,
    name: str = "one",
    cluster: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "clusters": [{"name": name, "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": name, "user": user or {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _write(path: Path, config: object) -> str:
    path.write_text(yaml.safe_dump(config))
    return str(path)


def _authorizations(server: FakeApiServer) -> list[str | None]:
    return [request.headers.get("authorization") for request in server.requests]


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ({"token": "secret"}, "Bearer secret"),
        (
            {"username": "u", "password": "p"},
            "Basic " + base64.b64encode(b"u:p").decode(),
        ),
        ({}, None),
    ],
)
def test_static_credentials(
    serve: Serve, tmp_path: Path, user: dict[str, Any], header: str | None
) -> None:
    """Tokens, passwords and nothing at all reach the server as they should."""
    server = serve([_ok])
    with from_kubeconfig(_write(tmp_path / "kc", _config(server.url, user))) as transport:
        assert transport.get("/version").status == 200
    assert _authorizations(server) == [header]


def test_context_without_a_user(serve: Serve, tmp_path: Path) -> None:
    """A context may name no user, as for `kubectl proxy`."""
    server = serve([_ok])
    config = _config(server.url) | {"contexts": [{"name": "one", "context": {"cluster": "one"}}]}
    with from_kubeconfig(_write(tmp_path / "kc", config)) as transport:
        assert transport.get("/version").status == 200


def test_server_with_a_path(serve: Serve, tmp_path: Path) -> None:
    """A server behind a path, as Rancher's, is asked below it."""
    server = serve([_ok])
    with from_kubeconfig(_write(tmp_path / "kc", _config(f"{server.url}/k8s/c1/"))) as transport:
        transport.get("/version")
    assert server.requests[0].path == "/k8s/c1/version"


def test_default_places(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path: $KUBECONFIG, missing files passed over, else ~/.kube/config."""
    first, second = serve([_ok]), serve([_ok])
    (tmp_path / ".kube").mkdir()
    _write(tmp_path / ".kube" / "config", _config(first.url))
    with from_kubeconfig(None) as transport:
        transport.get("/version")
    assert len(first.requests) == 1
    other = _write(tmp_path / "kc", _config(second.url))
    monkeypatch.setenv("KUBECONFIG", f"/nowhere:{other}")
    with from_kubeconfig(None) as transport:
        transport.get("/version")
    assert len(second.requests) == 1


def test_several_files(serve: Serve, tmp_path: Path) -> None:
    """The first file's current context wins, as with kubectl; others can be named."""
    first, second = serve([_ok]), serve([_ok])
    files = ":".join(
        [
            _write(tmp_path / "a", _config(first.url)),
            _write(tmp_path / "b", _config(second.url, name="two")),
        ]
    )
    with from_kubeconfig(files) as transport:
        transport.get("/version")
    with from_kubeconfig(files, "two") as transport:
        transport.get("/version")
    assert (len(first.requests), len(second.requests)) == (1, 1)


def test_file_missing(tmp_path: Path) -> None:
    """A file that was asked for must be there."""
    with pytest.raises(KubeConfigError, match=r"^kubeconfig .*/none: no such file$"):
        from_kubeconfig(str(tmp_path / "none"))


def test_nothing_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is found, the message says where was looked and what to pass."""
    with pytest.raises(KubeConfigError, match=r"there is no .*/.kube/config; pass --kubeconfig"):
        from_kubeconfig(None)
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    with pytest.raises(KubeConfigError, match=r"\$KUBECONFIG names no /a nor /b; pass"):
        from_kubeconfig(None)
    with pytest.raises(KubeConfigError, match="is empty"):
        from_kubeconfig("")


GOOD = _config("https://127.0.0.1:1")


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (b"a: [", "not YAML: while parsing"),
        (b"\xff\xfe\x00", "not YAML: "),
        (b"", "not a kubeconfig: expected clusters"),
        (b"- a\n- b\n", "not a kubeconfig: expected clusters"),
        ({**GOOD, "current-context": ""}, "no current-context is set; .* contexts: one$"),
        ({}, "no current-context is set; .* contexts: none$"),
        ({**GOOD, "current-context": "x"}, "no context 'x'; there are: one$"),
        ({**GOOD, "contexts": {"a": 1}}, "contexts is not a list of named contexts"),
        ({**GOOD, "users": ["x"]}, "users is not a list of named users"),
        ({**GOOD, "clusters": [{"name": "a", "cluster": 1}]}, "clusters is not a list of named"),
        ({**GOOD, "clusters": None}, "context 'one' names cluster 'one', which is not there"),
        ({**GOOD, "users": []}, "context 'one' names user 'one', which is not there"),
        (_config("127.0.0.1:6443"), "cluster 'one' has no server that begins with https://"),
        (_config("https://x", {"exec": {"args": []}}), "user 'one': exec has no command"),
        (
            _config("https://x", {"exec": {"command": "no-such-thing", "installHint": "get\n it"}}),
            "exec plug-in 'no-such-thing' is not installed: get it$",
        ),
        (_config("https://x", {"exec": {"command": "./none"}}), "'./none' is not installed$"),
        (_config("https://x", {"tokenFile": "none"}), "token file .*/none is missing or empty"),
        (_config("https://x", {"client-certificate": "none"}), "File does not exist: .*none"),
        (_config("https://x", cluster={"certificate-authority-data": "%"}), "is no certifi"),
        (_config("https://x", {"client-certificate-data": "%"}), "cannot be used: "),
    ],
)
def test_wrong_files(tmp_path: Path, config: object, text: str) -> None:
    """Each fault of a kubeconfig is named, with the file."""
    path = tmp_path / "kc"
    if isinstance(config, bytes):
        path.write_bytes(config)
    else:
        _write(path, config)
    with pytest.raises(KubeConfigError, match=text) as caught:
        from_kubeconfig(str(path))
    assert str(caught.value).startswith(f"kubeconfig {path}: ")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    """What cannot be read is reported with the system's reason."""
    with pytest.raises(KubeConfigError, match="Is a directory"):
        from_kubeconfig(str(tmp_path))


def test_unknown_context(tmp_path: Path) -> None:
    """A context asked for by name must be there."""
    with pytest.raises(KubeConfigError, match="no context 'prod'; there are: one"):
        from_kubeconfig(_write(tmp_path / "kc", GOOD), "prod")


def test_rotated_token_file(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token file, relative to its kubeconfig, is read again; a half-written one is not used."""
    monkeypatch.setattr(credentials, "TOKEN_PERIOD", 0.0)
    server = serve([_ok] * 4)
    token = tmp_path / "token"
    token.write_text("first\n")
    user = {"tokenFile": "token", "token": "ignored"}
    with from_kubeconfig(_write(tmp_path / "kc", _config(server.url, user))) as transport:
        transport.get("/version")
        token.write_text("second\n")
        transport.get("/version")
        token.write_text("")
        transport.get("/version")
        token.unlink()
        transport.get("/version")
    assert _authorizations(server) == ["Bearer first"] + ["Bearer second"] * 3


def test_token_file_rotated_before_its_minute(serve: Serve, tmp_path: Path) -> None:
    """A token refused before it would be read again is read at once."""
    server = serve([_ok, refuse(401, "Unauthorized"), _ok])
    token = tmp_path / "token"
    token.write_text("first")
    path = _write(tmp_path / "kc", _config(server.url, {"tokenFile": str(token)}))
    with from_kubeconfig(path) as transport:
        transport.get("/version")
        token.write_text("second")
        transport.get("/version")
    assert _authorizations(server) == ["Bearer first", "Bearer first", "Bearer second"]


def _plugin(tmp_path: Path, status: str) -> dict[str, Any]:
    """An exec plug-in that answers with `status`, and counts its runs in a file."""
    script = tmp_path / "plugin"
    script.write_text(
        f"#!{sys.executable}\n"
        "import json, pathlib\n"
        "runs = pathlib.Path(__file__).with_name('runs')\n"
        "n = int(runs.read_text()) + 1 if runs.exists() else 1\n"
        "runs.write_text(str(n))\n"
        f"status = {status}\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1',"
        " 'kind': 'ExecCredential', 'status': status}))\n"
    )
    script.chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"command": "./plugin", "apiVersion": version, "interactiveMode": "Never"}}


def test_exec_plugin(serve: Serve, tmp_path: Path) -> None:
    """A plug-in's token is used until it ends, or is refused; then the plug-in runs again."""
    server = serve([_ok, _ok, refuse(401, "Unauthorized"), _ok])
    status = "{'token': f't{n}', 'expirationTimestamp': '2199-01-01T00:00:00Z'}"
    path = _write(tmp_path / "kc", _config(server.url, _plugin(tmp_path, status)))
    with from_kubeconfig(path) as transport:
        for _ in range(3):
            transport.get("/version")
    assert _authorizations(server) == ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]


def test_exec_plugin_with_expired_token(serve: Serve, tmp_path: Path) -> None:
    """A token that has ended is not sent again."""
    server = serve([_ok, _ok])
    status = "{'token': f't{n}', 'expirationTimestamp': '2001-01-01T00:00:00Z'}"
    path = _write(tmp_path / "kc", _config(server.url, _plugin(tmp_path, status)))
    with from_kubeconfig(path) as transport:
        for _ in range(2):
            transport.get("/version")
    first, second = _authorizations(server)
    assert first != second


def test_exec_plugin_that_gives_nothing(tmp_path: Path) -> None:
    """Without credentials we do not go on as nobody."""
    path = _write(tmp_path / "kc", _config("https://127.0.0.1:1", _plugin(tmp_path, "{}")))
    with pytest.raises(
        KubeConfigError, match=r"'\./plugin' gave neither a token nor a certificate"
    ):
        from_kubeconfig(path)


def test_client_certificate(serve: Serve, tmp_path: Path, certificate: Certificate) -> None:
    """A client certificate given as data is shown to a server that asks for one."""
    context = certificate.server_side
    context.load_verify_locations(certificate.ca)
    context.verify_mode = context.verify_mode.CERT_REQUIRED
    server = serve([_ok], context)

    def data(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    user = {
        "client-certificate-data": data(certificate.path),
        "client-key-data": data(certificate.key),
    }
    config = _config(server.url, user, cluster={"certificate-authority": str(certificate.ca)})
    with from_kubeconfig(_write(tmp_path / "kc", config)) as transport:
        assert transport.get("/version").status == 200


@pytest.fixture
def account(tmp_path: Path, certificate: Certificate) -> dict[str, str]:
    """The files of a service account."""
    (tmp_path / "token").write_text("first")
    return {"token_file": str(tmp_path / "token"), "ca_file": str(certificate.ca)}


def _place(port: int) -> dict[str, str]:
    return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(port)}


def test_in_cluster(
    serve: Serve, tmp_path: Path, certificate: Certificate, account: dict[str, str]
) -> None:
    """The service account's token is sent over TLS, and a refused one read again."""
    server = serve([_ok, refuse(401, "Unauthorized"), _ok], certificate.server_side)
    with in_cluster(**account, environment=_place(server.port)) as transport:
        transport.get("/version")
        (tmp_path / "token").write_text("second\n")
        transport.get("/version")
    seen = [str(value).split()[1] for value in _authorizations(server)]
    assert seen == ["first", "first", "second"]


@pytest.mark.parametrize("missing", ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"])
def test_not_in_a_cluster(account: dict[str, str], missing: str) -> None:
    """A missing variable is named, and what to pass instead."""
    place = _place(1) | {missing: ""}
    text = rf"not in a cluster: \${missing} is not set; pass --kubeconfig FILE"
    with pytest.raises(KubeConfigError, match=text):
        in_cluster(**account, environment=place)


@pytest.mark.parametrize("what", ["token_file", "ca_file"])
def test_service_account_not_mounted(account: dict[str, str], tmp_path: Path, what: str) -> None:
    """A missing or empty file is named, and the usual reason."""
    lost = tmp_path / "lost"
    with pytest.raises(KubeConfigError, match=r"/lost cannot be read \(No such file.*automount"):
        in_cluster(**account | {what: str(lost)}, environment=_place(1))
    lost.write_text("\n")
    with pytest.raises(KubeConfigError, match="/lost is empty"):
        in_cluster(**account | {what: str(lost)}, environment=_place(1))


def test_authority_that_is_none(account: dict[str, str], tmp_path: Path) -> None:
    """A CA file that holds no certificate is a fault of the configuration."""
    (tmp_path / "ca").write_text("nonsense")
    with pytest.raises(KubeConfigError, match="/ca is no certificate authority"):
        in_cluster(**account | {"ca_file": str(tmp_path / "ca")}, environment=_place(1))


def test_proxy(serve: Serve, tmp_path: Path) -> None:
    """A cluster's proxy-url is used."""
    proxy = serve([_ok, refuse(403, "Forbidden")])
    config = _config("http://cluster.test", cluster={"proxy-url": proxy.url})
    with from_kubeconfig(_write(tmp_path / "kc", config)) as transport:
        assert json.loads(transport.get("/version").body) == {}
        with pytest.raises(ApiError):
            transport.get("/version")
    assert proxy.requests[0].headers["host"] == "cluster.test"
