"""OpenStack Nova's scheduler as a Kubernetes scheduler extender."""
