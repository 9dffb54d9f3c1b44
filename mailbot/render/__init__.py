"""From facts to what people read: letters, the 通报, official documents, sheets and charts.

Pure: no file, socket, database or clock is opened here.  Wording and templates are handed in as mappings,
read by policy.py; bytes and text are handed back.
"""
