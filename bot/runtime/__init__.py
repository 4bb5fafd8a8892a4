"""What the program runs on: durable workflows, plug-ins, logging, limits."""
