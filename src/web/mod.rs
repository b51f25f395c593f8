//! Requests: server, routes, wire types, handlers, pages.
