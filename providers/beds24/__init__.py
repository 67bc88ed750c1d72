"""Beds24, API V2. What is said here of its behaviour was read in its OpenAPI document and wiki in August 2026."""
