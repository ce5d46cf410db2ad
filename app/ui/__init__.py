"""What pages are drawn with: the sidebar, tables, charts, seals, media and empty states."""
