"""Reading exercise packages: `manifest` and `catalogue` without torch, `loader` with it."""
