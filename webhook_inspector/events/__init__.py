"""What a delivery says happened: detection, identity, duplicates, retries, lateness."""
