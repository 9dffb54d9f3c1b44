"""mailbot takes in 政务信息 by e-mail, answers each mail, and drafts the monthly 通报."""

__version__ = "0.1.0"
