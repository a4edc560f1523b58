"""`dpe web`: the page and the HTTP API. Photos of strangers are opened in worker processes only, which have limits."""
