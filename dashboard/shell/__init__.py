"""The frame around every page: document, navigation, header and data freshness."""
