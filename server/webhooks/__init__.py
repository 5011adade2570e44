"""Webhooks: telling other systems what happened, by Standard Webhooks 1.0.0."""
