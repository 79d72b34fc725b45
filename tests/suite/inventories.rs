//! inventories.
