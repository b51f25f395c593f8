//! Log ring, metrics, system figures.
