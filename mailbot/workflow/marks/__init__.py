"""What people enter beside the mails (采用, 批示, faults), the marks that follow, and the account of them."""
