"""The exercises as the website knows them: titles, statements and starters, read from their packages. No torch."""
