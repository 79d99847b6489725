"""What the views send to their pages: one frame or message a file."""
