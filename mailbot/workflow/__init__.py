"""The verbs: one function is one decision of the section, or one step of the machine, and one transaction.

They are handed a Desk (desk.py), and the transports they need; they know no door.  letterbox.py is how every
verb puts a letter into the outbox.  The packages stand in this order, each on those before it:

    office  ->  marks  ->  solicitations  ->  mail  ->  bulletins  ->  demo.py
"""
