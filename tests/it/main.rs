mod config_cases;
mod durability;
mod overload;
mod process;
mod revocation;
mod shutdown;
mod store;
mod support;
