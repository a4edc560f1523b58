"""Nothing lost: photos of every kind, made with other tools, through `dpe enhance`, compared by other tools. See `__main__`."""
