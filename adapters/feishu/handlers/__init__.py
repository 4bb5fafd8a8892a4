"""What people do in chats, turned into requests."""
