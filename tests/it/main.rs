
mod config_cases;
