"""HTTP: the verbs behind gunicorn, and a small second server for health, metrics and debug."""
