"""The parts of the Discord emulator, one noun a file; :mod:`tests.emulators.discord` joins them."""
