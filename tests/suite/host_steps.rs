//! host_steps.
