"""Commands, buttons, menus and forms: answered at once, then done."""
