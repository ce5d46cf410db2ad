"""The dashboard. Start: streamlit run app/main.py [-- --run RUN [--run RUN2]]

Streamlit reads this file twice: its server imports it once, when it starts, and runs it for every page.
"""

import sys

import streamlit as st

from app.start import open_browser, refuse_wrong_start

if __name__ == "__main__":
    from app.dashboard import main

    main()
else:
    refuse_wrong_start(sys.argv[1:])
    server = st.App(__file__, lifespan=open_browser)
