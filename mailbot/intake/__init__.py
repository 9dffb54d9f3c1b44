"""From the bytes of a mail to a Verdict.  Pure: no file, socket, database or clock is opened here."""
