//! The data plane over real sockets: scripted upstreams, raw clients.

mod bodies;
mod bound_streams;
mod client_cases;
mod config;
mod decisions;
mod framing;
mod headers;
mod matching;
mod people;
mod pooling;
mod real;
mod require;
mod routing;
mod sessions;
mod setup;
mod streams;
mod tls;
mod tokens;
mod upstreams;
mod upstreams_tls;
mod written;
