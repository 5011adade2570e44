"""How it looks: base template, design system, scripts."""
