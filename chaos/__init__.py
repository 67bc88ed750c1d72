"""Measured proof that nothing is lost: processes killed and servers taken away under traffic, then all is counted."""
