"""Log-sum-exp and its relatives for NumPy."""
