"""How the console looks: unfold's settings, as plain data."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Handoff",
    "SITE_HEADER": "Handoff",
    "SITE_SUBHEADER": "From marketing to sales, on time",
    "SITE_SYMBOL": "handshake",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [
        "handoff.console.sidebar.style",
        "handoff.console.sidebar.answers_style",
        "handoff.console.leads.mentions.style",
    ],
    "SCRIPTS": [
        "handoff.console.sidebar.script",
        "handoff.console.sidebar.picker_script",
        "handoff.console.sidebar.answers_script",
        "handoff.console.leads.mentions.script",
    ],
    "SIDEBAR": {"navigation": "handoff.console.sidebar.navigation"},
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(96.2% .018 272.314)",
            "100": "oklch(93% .034 272.788)",
            "200": "oklch(87% .065 274.039)",
            "300": "oklch(78.5% .115 274.713)",
            "400": "oklch(67.3% .182 276.935)",
            "500": "oklch(58.5% .233 277.117)",
            "600": "oklch(51.1% .262 276.966)",
            "700": "oklch(45.7% .24 277.023)",
            "800": "oklch(39.8% .195 277.366)",
            "900": "oklch(35.9% .144 278.697)",
            "950": "oklch(25.7% .09 281.288)",
        },
    },
}
