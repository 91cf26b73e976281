//! The configuration that tests of pages stand on.

use std::path::Path;

use crate::config::{self, Config, LoadOptions};

/// `https://auth.example.com`, an app on a host of its own, others below a wildcard, return URLs elsewhere.
pub(crate) fn config() -> Config {
    let options = LoadOptions {
        dev: false,
        allow_unsupported: false,
    };
    let loaded = config::load_text("sample.yml", TEXT, Path::new("."), &|_| None, &options);
    loaded.expect("the sample is right").config
}

const TEXT: &str = "
dsn: memory
serve: {public: {base_url: 'https://auth.example.com/'}}
session: {cookie: {domain: example.com}}
selfservice:
  default_browser_return_url: https://wiki.example.com/
  allowed_return_urls: ['https://return.example.org/app', 'https://*.partner.example']
  flows:
    logout: {after: {default_browser_return_url: 'https://bye.example.com/'}}
    registration: {enabled: true}
routes:
  - id: wiki
    match: {hosts: [wiki.example.com]}
    access: {mode: authenticated}
    upstream: http://127.0.0.1:9
    app: {name: Wiki}
  - id: apps
    match: {hosts: ['*.apps.example.com']}
    access: {mode: authenticated}
    upstream: http://127.0.0.1:9
";
