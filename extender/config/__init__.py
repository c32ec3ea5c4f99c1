"""Options under Nova's names: read, checked, described, and handed down as plain values.

``load`` reads a file, ``options`` holds the typed groups, ``plain`` makes the plain values of
``extender.model.options``, ``class_names`` checks filters by name, ``effects`` says what options
mean together, and ``describe`` writes the defaults, the effective configuration, the JSON Schema
and the rows of the docs.
"""
