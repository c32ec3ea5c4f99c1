"""``python -m extender.cli``."""

from extender.cli.main import main

main()
