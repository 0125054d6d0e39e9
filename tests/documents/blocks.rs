//! What the documents tell one to type is taken by a shell, by our own command line, and by our own reader.
