//! Signals, and what is said at the start.

use std::{io, io::Write, time::Instant};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Mutex,
};

use super::Announce;
use crate::config::Config;

/// SIGTERM and SIGINT.
pub(super) struct Signals(Mutex<(Signal, Signal)>);

impl Signals {
    /// From now on the signals do not end the process by themselves.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self(Mutex::new((
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        ))))
    }

    /// Waits for the next one.
    pub(super) async fn stop_asked(&self) {
        let mut signals = self.0.lock().await;
        let (terminate, interrupt) = &mut *signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Says that the gateway takes requests.
pub(super) fn announce(config: &Config, announce: &Announce, begun: Instant) {
    let public = &config.serve.public.base_url;
    let ready_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match announce {
        Announce::Log => {
            let listeners: Vec<_> = config
                .serve
                .public
                .listeners
                .iter()
                .map(|listener| listener.address.as_str())
                .collect();
            tracing::info!(%public, ?listeners, admin = config.serve.admin.address, ready_ms, "ready");
        }
        Announce::Dev { data, app } => {
            let admin = &config.serve.admin_base_url;
            let mailbox = format!("{}.vestibule/mailbox", public.as_str());
            let text = format!(
                "\n  Vestibule is ready (dev mode: for trying things out, on this machine only)\n\n  \
                 open         {public}\n  protects     {app}\n  mailbox      {mailbox}\n  admin API    {admin}\n  data         {data}\n\n  \
                 Ctrl-C stops it.\n\n"
            );
            let _gone = io::stdout().lock().write_all(text.as_bytes());
        }
    }
}
