"""Streamlit's options: loaded from any working directory, and checked before Tally serves."""

import streamlit as st
from streamlit import config

from core.settings import ROOT
from dashboard.auth.identity import USER_HEADERS

REQUIRED: dict[str, object] = {
    "browser.gatherUsageStats": False,
    "client.disableDataExport": True,
    "client.showErrorDetails": "none",
    "global.developmentMode": False,
    "logger.enableRich": False,
    "runner.postScriptGC": False,
    "server.allowRunOnSave": False,
    "server.baseUrlPath": "",
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.trustedUserHeaders": USER_HEADERS,
    "server.unsafeMetricsUserAttributes": [],
}


class WrongOption(Exception):
    """An option of Streamlit has a value with which Tally must not be served."""


def load() -> None:
    """Read `.streamlit/config.toml` of this repository, before Streamlit reads any option."""
    # Streamlit looks for the folder next to its main script, which uvicorn does not set.
    config._main_script_path = str(ROOT / "tally")
    config.get_config_options(force_reparse=True)


def check() -> None:
    """Raise `WrongOption` if an option's effective value differs from `REQUIRED`."""
    effective = {name: st.get_option(name) for name in REQUIRED}
    wrong = [
        f"{name} is {effective[name]!r} and must be {value!r}"
        for name, value in REQUIRED.items()
        if effective[name] != value
    ]
    if wrong:
        raise WrongOption(f"Streamlit's options, .streamlit/config.toml: {'; '.join(wrong)}")
