"""Pretraining text: from many files to blocks of token ids.

The flow: `documents` streams the files, `filters`, `held_out` and `copies` drop documents and say why, `document_spool`
keeps the rest on disk, `document_tokens` turns it into ids, `token_file` holds them, `mixing` puts documents of several
sources in an order, `packing` cuts that order into blocks. `building` is the one way through all of it.
"""
