//! The process itself, under the names that every Prometheus client uses.

use std::fs;

use super::Sink;

/// Nothing where the system does not tell.
pub(super) fn report(sink: &mut Sink<'_>) {
    if let Some(bytes) = resident_bytes() {
        sink.gauge("process_resident_memory_bytes", "Resident memory", bytes);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let open = u64::try_from(open.count()).unwrap_or(u64::MAX);
        sink.gauge("process_open_fds", "Open files and sockets", open);
    }
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
