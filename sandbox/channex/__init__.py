"""A simulated Channex: its API under /api/v1, its OTAs under /_sim/ota, and its misbehaviour on demand."""
