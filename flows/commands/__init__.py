"""The commands of `cleancopy`, one module each; a module is imported when its command is used."""
