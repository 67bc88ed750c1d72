"""A simulated Beds24: API V2 over a world of its own."""
