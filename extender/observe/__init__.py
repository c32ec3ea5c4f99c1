"""What people and Prometheus see of an attempt; all of it is drawn from the model."""
