'use strict';

// Its name is reserved.
