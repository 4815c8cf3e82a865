"""What an organisation deploys into its AWS accounts, and the check of its policies."""
