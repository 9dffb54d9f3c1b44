"""How a mail is read: charsets, headers, addresses, the tree of parts, text, and the marks of machines."""
