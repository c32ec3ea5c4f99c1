"""Grafana's dashboards, written as code: ``generate.py`` writes them into the chart."""
