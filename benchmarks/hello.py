"""A minimal page, to measure the cost of Streamlit itself."""

import streamlit as st

st.write("Hello, world")
