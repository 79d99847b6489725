"""What all views share: base class, jobs, messages, pictures."""
