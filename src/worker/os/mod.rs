//! What differs between operating systems, under the same function names.
