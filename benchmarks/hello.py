"""The least that a page can be, for what one costs in Streamlit itself."""

import streamlit as st

st.write("Hello, world")
