//! Tests of whole parts over real sockets.

mod rtc;
#[path = "../support/whep_client.rs"]
mod whep_client;
