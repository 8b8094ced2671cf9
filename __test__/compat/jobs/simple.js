'use strict';

// Ends at once without a word: its event loop is empty.
