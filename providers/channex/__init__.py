"""Channex, the channel manager: https://docs.channex.io, API v1, read in July 2025 and August 2026."""
