"""The office home made, checked, backed up and restored; who may log in, and who stands for which unit."""
