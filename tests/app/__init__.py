"""The screen: what is drawn, what is escaped, and how the selection travels."""
