"""Programs that speak the wire protocols of the outside world, each in a process of its own."""
