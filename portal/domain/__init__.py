"""The rules of the trade: values in, values out. No clock, no database, nothing that waits."""
