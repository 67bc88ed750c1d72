"""Connectors: they know HTTP and a provider's words, and nothing of the portal."""
