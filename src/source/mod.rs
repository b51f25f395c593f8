//! Where live pictures come from: capture cards, cameras, the test picture, and their supervisor.
