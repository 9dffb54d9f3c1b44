"""The verbs: one function is one decision of the section, or one step of the machine, and one transaction.

receive (take mail in and judge it), deliver (the outbox), review (a person's decisions on answers and items),
report (通报 and digest), people, users and register (who is who), homes and upkeep (the office home itself).
Verbs are handed a Desk, and the transports they need; they know no door.
"""
