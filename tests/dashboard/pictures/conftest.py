"""Pictures have the colours of the theme in Streamlit's options."""

import pytest

from dashboard import streamlit_options


@pytest.fixture(autouse=True)
def _theme() -> None:
    streamlit_options.load()
