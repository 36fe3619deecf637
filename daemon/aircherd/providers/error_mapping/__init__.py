"""What a vendor's error means: parse it, then the first rule that fits decides."""
