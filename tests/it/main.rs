mod config_cases;
