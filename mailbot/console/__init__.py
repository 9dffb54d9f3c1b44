"""The section's local web console: pages over the workflow's verbs, on 127.0.0.1, for logged-in people."""
