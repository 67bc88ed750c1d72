"""Roomwire, a channel-manager portal for hotels. Kept empty so that `portal.domain` loads without Flask."""
