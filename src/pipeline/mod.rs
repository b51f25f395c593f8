//! The only place that names GStreamer: halves, caps, encoder choice, queues, probe.
