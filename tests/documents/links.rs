//! Every link between the documents leads somewhere.
