"""How Sphinx makes the site of the guides. `make docs` calls it with this folder as its settings."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader import VERSION  # noqa: E402 - the line above makes it importable

project = "Chainrule"
copyright = "the authors of Chainrule"
version = release = VERSION
extensions = ["myst_parser"]
root_doc = "index"
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["attrs_block"]
# Links to headings work down to this level.
myst_heading_anchors = 4
# The changelog goes from `##` to `####` in places.
suppress_warnings = ["myst.header"]
highlight_language = "text"

html_theme = "furo"
html_title = f"Chainrule {VERSION}"
html_favicon = html_logo = str(ROOT / "server" / "web" / "static" / "favicon.svg")
html_static_path = ["static"]
html_css_files = ["guides.css"]
# Sources are copies with changed links: nobody should take them for the guides.
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    # The colours of the website (server/web/frontend/styles/tokens.css).
    "light_css_variables": {
        "color-brand-primary": "#3b4cca",
        "color-brand-content": "#3b4cca",
        "color-brand-visited": "#3b4cca",
        "color-background-primary": "#ffffff",
        "color-background-secondary": "#fbfaf8",
        "color-foreground-primary": "#22242c",
    },
    "dark_css_variables": {
        "color-brand-primary": "#9aa8ff",
        "color-brand-content": "#9aa8ff",
        "color-brand-visited": "#9aa8ff",
        "color-background-primary": "#1c1e26",
        "color-background-secondary": "#15161c",
        "color-foreground-primary": "#e7e6e3",
    },
}
