//! Which addresses may be dialled (admin-and-config 4.8).

use std::time::Duration;

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use url::Url;

use super::{OutboundError, glob::Glob, is_public};
use crate::config::Outgoing;

/// The rules.
#[derive(Debug)]
pub(super) struct Filter {
    public_only: bool,
    exceptions: Vec<Glob>,
}

impl Filter {
    pub(super) fn new(rules: &Outgoing) -> Self {
        let exceptions = rules.exceptions.iter();
        Self {
            public_only: rules.public_only,
            exceptions: exceptions.map(|text| Glob::parse(text)).collect(),
        }
    }

    /// Connects to the first address of the host that may be dialled and answers; they share `within`.
    pub(super) async fn dial(
        &self,
        url: &Url,
        within: Duration,
    ) -> Result<TcpStream, OutboundError> {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default().unwrap_or(443);
        let nowhere = || OutboundError::Unreachable("its name has no address".to_owned());
        let found: Vec<_> = lookup_host((host, port))
            .await
            .map_err(|_| nowhere())?
            .take(MOST_ADDRESSES)
            .collect();
        let public_only = self.public_only && !self.excepts(url);
        let share = within / u32::try_from(found.len()).unwrap_or(1).max(1);
        let mut last = nowhere();
        for address in found {
            if public_only && !is_public(address.ip()) {
                let why = "its address belongs to a private network, which clients.http.disallow_private_ip_ranges forbids";
                last = OutboundError::Unreachable(why.to_owned());
                continue;
            }
            last = match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A request and its body are written apart; waiting in between gains nothing.
                    let _slower = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(why)) => {
                    OutboundError::Unreachable(format!("it cannot be reached: {}", why.kind()))
                }
                Err(_) => OutboundError::Silent(within),
            };
        }
        Err(last)
    }

    fn excepts(&self, url: &Url) -> bool {
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let excepted = |glob: &Glob| glob.matches(bare.as_str());
        self.exceptions.iter().any(excepted)
    }
}

/// Of a name with more addresses the rest is not tried.
const MOST_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_leave_query_and_fragment_out() {
        let filter = Filter::new(&Outgoing {
            public_only: true,
            exceptions: vec!["http://hooks.internal/*".to_owned()],
        });
        let excepts = |url: &str| filter.excepts(&url.parse().expect("a URL"));
        assert!(excepts("http://hooks.internal/a?b=/c#d"));
        assert!(!excepts("http://hooks.internal/a/b"));
        assert!(!excepts(
            "http://other.internal/a?x=http://hooks.internal/a"
        ));
    }
}
