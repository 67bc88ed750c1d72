"""Simulated providers over real HTTP: nothing of the product is imported here, nor this by the product."""
