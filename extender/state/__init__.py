"""What is known of the cluster, pure: table, ledger, lookups, attempts."""
