"""What there is, pure: actions, jobs, failures, the protocol's arithmetic, image models."""
