//! Says when a job is next due: text in, instants out. Pure: no clock is read here.
