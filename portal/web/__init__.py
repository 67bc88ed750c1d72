"""What blueprints share: guards, forms, htmx, filters, headers."""
