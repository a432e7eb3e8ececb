"""How Sphinx builds these pages: MyST reads Markdown, furo shows it, nothing is fetched."""

from __future__ import annotations

project = "pytest-platform"
extensions = ["myst_parser"]
exclude_patterns = ["pictures/*.md"]
html_theme = "furo"
html_title = "pytest-platform"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
# Options begin with two hyphens, and not with a dash.
smartquotes = False
html_show_sphinx = False
html_show_copyright = False

# Links to headings are checked as links to pages are.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]
nitpicky = True
