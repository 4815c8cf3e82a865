"""What is known: keys and findings, scans and coverage, requests and decisions, people."""
