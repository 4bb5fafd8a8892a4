"""The parts of the Feishu emulator; one noun a file."""
