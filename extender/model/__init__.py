"""Plain data: hosts, requests, reasons, and what became of them."""
