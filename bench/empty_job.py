"""What applying a booking is compared with: a job that does nothing."""


def nothing() -> None:
    """Cost what RQ costs."""
