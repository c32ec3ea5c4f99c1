"""The command line: ``nova-extender``.

Exit codes: 0 placed (or done), 2 bad input, 3 no valid host.
"""

from __future__ import annotations

import sys

import click
from click.core import ParameterSource

from extender.cli import hosts_table, show, tables
from extender.cli import serve as serving
from extender.cli.assembly import load_config
from extender.cli.config_commands import config as config_group
from extender.cli.example import worked_decision
from extender.cli.output import kubeconfig_option, output_option, print_data
from extender.cli.overcommit import overcommit as overcommit_group
from extender.config.options import Config
from extender.config.own_groups import HttpServerGroup
from extender.config.problems import ConfigError
from extender.kube.errors import KubeError
from extender.server.addresses import ListenError
from extender.translate.errors import TranslateError
from extender.version import __version__

EXIT_BAD_INPUT = 2
EXIT_NO_VALID_HOST = 3

_config = click.option(
    "--config",
    "config_path",
    metavar="FILE",
    envvar="NOVA_EXTENDER_CONFIG",
    show_envvar=True,
    help="Configuration (YAML); else the defaults.",
)
_cluster = click.option(
    "--cluster",
    metavar="FILE",
    help="A cluster from a file, as 'kubectl get nodes,pods -A -o yaml' prints it; 'example' is "
    "the one inside the package.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nova-extender")
def cli() -> None:
    """OpenStack Nova's scheduler as a Kubernetes scheduler extender.

    Exit codes: 0 placed (or done), 2 bad input, 3 no valid host.
    """


@cli.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


cli.add_command(config_group)
cli.add_command(overcommit_group)


@cli.command()
@_config
@_cluster
@kubeconfig_option
@click.option(
    "--worked-example",
    is_flag=True,
    help="Once ready, put a pod to itself over HTTP and show the whole decision.",
)
def serve(
    config_path: str | None, cluster: str | None, kubeconfig: str | None, worked_example: bool
) -> None:
    """Answer kube-scheduler, until told to stop.

    The cluster is --cluster, else --kubeconfig, else the one this runs in as a pod.
    """
    settings = _settings(config_path)
    if worked_example and cluster != "example":
        raise click.UsageError("--worked-example belongs to --cluster example")
    if worked_example and settings.server.cert_file is not None:
        raise click.UsageError(
            "--worked-example has no certificate to show, and server.cert_file is set"
        )

    def ready(extender: serving.Extender) -> None:
        click.echo(f"nova-extender {__version__}: {addresses(settings.server)}", err=True)
        if worked_example:
            worked_decision.start(extender.config, list(extender.engine.cluster.table.index))

    serving.run(settings, cluster, kubeconfig, ready, config_path)


@cli.command()
@click.option(
    "-f", "--filename", required=True, metavar="POD", help="A Pod in YAML or JSON; - is stdin."
)
@click.option(
    "-n",
    "--num-instances",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="How many instances of the pod: all are placed, or none.",
)
@_config
@_cluster
@kubeconfig_option
@output_option
def simulate(
    filename: str,
    num_instances: int,
    config_path: str | None,
    cluster: str | None,
    kubeconfig: str | None,
    output: str,
) -> None:
    """Where would N instances of a pod go? Nothing is written."""
    engine = show.engine(_settings(config_path), cluster, kubeconfig, default="example")
    data, placed = show.simulation(engine, show.read_pod(filename), num_instances)
    print_data(data, output, tables.print_simulation)
    sys.exit(0 if placed else EXIT_NO_VALID_HOST)


@cli.command()
@click.argument("pod", metavar="NAMESPACE/POD")
@click.option(
    "--server",
    metavar="URL",
    envvar="NOVA_EXTENDER_SERVER",
    show_envvar=True,
    help="Ask the debug address of a running extender instead.",
)
@_config
@_cluster
@kubeconfig_option
@output_option
@click.pass_context
def explain(
    context: click.Context,
    pod: str,
    server: str | None,
    config_path: str | None,
    cluster: str | None,
    kubeconfig: str | None,
    output: str,
) -> None:
    """What blocks a pending pod on every node, judged now by every filter."""
    namespace, _, name = pod.rpartition("/")
    namespace = namespace or "default"
    if server is not None and not _outdone(context, "server", by=("cluster", "kubeconfig")):
        data = show.ask(server, namespace, name)
    else:
        settings = _settings(config_path)
        data = show.explanation(show.engine(settings, cluster, kubeconfig), namespace, name)
    print_data(data, output, tables.print_explanation)
    sys.exit(0 if data["result"] == "passed" else EXIT_NO_VALID_HOST)


@cli.command()
@_config
@_cluster
@kubeconfig_option
@output_option
def hosts(
    config_path: str | None, cluster: str | None, kubeconfig: str | None, output: str
) -> None:
    """Every host as the scheduler sees it: totals, ratios and where they come from, use."""
    engine = show.engine(_settings(config_path), cluster, kubeconfig, default="example")
    print_data(show.hosts(engine), output, hosts_table.print_hosts)


def addresses(server: HttpServerGroup) -> str:
    """Where everything is."""
    places = {
        "verbs": f"{'http' if server.cert_file is None else 'https'}://{server.bind}",
        "health and metrics": f"http://{server.health_bind}",
        "debug": f"http://{server.debug_bind}",
    }
    if server.webhook_bind:
        places["webhook"] = f"https://{server.webhook_bind}"
    return ", ".join(f"{what} on {where}" for what, where in places.items())


def _outdone(context: click.Context, option: str, by: tuple[str, ...]) -> bool:
    """Whether an option is but the environment's, and another was given on the command line."""
    typed = {name for name in (option, *by) if _typed(context, name)}
    return bool(typed) and option not in typed


def _typed(context: click.Context, option: str) -> bool:
    return context.get_parameter_source(option) is ParameterSource.COMMANDLINE


def _settings(path: str | None) -> Config:
    """The configuration; what is worth knowing about it goes to stderr."""
    loaded = load_config(path)
    for notice in loaded.notices:
        click.echo(f"notice: {notice}", err=True)
    return loaded.config


def main() -> None:
    """Run the command line; what is wrong with the input is one clear text and exit code 2."""
    try:
        cli.main(prog_name="nova-extender", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (ConfigError, KubeError, ListenError, TranslateError, show.InputError) as error:
        click.echo(f"nova-extender: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
