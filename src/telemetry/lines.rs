//! Lines on their way to a file or stream: many threads append to buffers of their own, one thread writes (gateway ).
//!
//! Appending takes an uncontended lock and copies bytes; it never waits for a disk or a pipe. A full buffer drops the line and counts
//! it. The writer sleeps while there is nothing to write, and gathers for a moment once there is.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

use super::Counter;
use crate::config::AccessLog as Destination;

/// A destination and its writer. Clones share them.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

struct Shared {
    buffers: Mutex<Vec<Arc<Buffer>>>,
    dropped: Counter,
    /// The writer waits for a first line.
    idle: AtomicBool,
    ended: AtomicBool,
    writer: Mutex<Option<JoinHandle<()>>>,
    waker: Thread,
}

/// The buffer of one thread.
pub(super) struct Buffer {
    bytes: Mutex<Vec<u8>>,
}

/// Appends lines. One per thread.
#[derive(Clone)]
pub(super) struct Appender {
    buffer: Arc<Buffer>,
    shared: Arc<Shared>,
}

impl Lines {
    /// Opens the destination and starts the writer; nothing for [`Destination::Off`].
    pub(super) fn open(name: &str, destination: &Destination) -> io::Result<Option<Self>> {
        let out: Box<dyn Write + Send> = match destination {
            Destination::Off => return Ok(None),
            Destination::Stdout => Box::new(io::stdout()),
            Destination::Stderr => Box::new(io::stderr()),
            Destination::File(path) => Box::new(open_file(path)?),
        };
        Self::to(name, out).map(Some)
    }

    /// Writes to `out`.
    pub(super) fn to(name: &str, mut out: Box<dyn Write + Send>) -> io::Result<Self> {
        let (hand_over, receive) = std::sync::mpsc::sync_channel::<Arc<Shared>>(1);
        let writer = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                if let Ok(shared) = receive.recv() {
                    shared.write_until_ended(&mut *out);
                }
            })?;
        let shared = Arc::new(Shared {
            buffers: Mutex::default(),
            dropped: Counter::default(),
            idle: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            waker: writer.thread().clone(),
            writer: Mutex::new(Some(writer)),
        });
        hand_over
            .send(shared.clone())
            .map_err(|_| io::Error::other("the log writer ended at once"))?;
        Ok(Self(shared))
    }

    /// A buffer for one thread.
    pub(super) fn appender(&self) -> Appender {
        let buffer = Arc::new(Buffer {
            bytes: Mutex::default(),
        });
        lock(&self.0.buffers).push(buffer.clone());
        Appender {
            buffer,
            shared: self.0.clone(),
        }
    }

    /// Lines that found no room or could not be written.
    pub(super) fn dropped(&self) -> u64 {
        self.0.dropped.get()
    }

    /// Writes what is buffered and ends the writer. Lines after that are dropped.
    pub(super) fn close(&self) {
        self.0.ended.store(true, Ordering::SeqCst);
        self.0.waker.unpark();
        if let Some(writer) = lock(&self.0.writer).take() {
            // A writer that panicked has nothing left to say.
            let _ = writer.join();
        }
    }
}

impl Appender {
    /// Appends one line, which `format` writes into the buffer without its line feed.
    pub(super) fn append(&self, format: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = lock(&self.buffer.bytes);
        if bytes.len() >= MOST || self.shared.ended.load(Ordering::Relaxed) {
            drop(bytes);
            self.shared.dropped.add(1);
            return;
        }
        format(&mut bytes);
        bytes.push(b'\n');
        let filling = bytes.len() >= FILLING;
        drop(bytes);
        // Loading first keeps the line in every core's cache while the writer is awake.
        let idle = &self.shared.idle;
        if filling || (idle.load(Ordering::SeqCst) && idle.swap(false, Ordering::SeqCst)) {
            self.shared.waker.unpark();
        }
    }
}

impl Shared {
    fn write_until_ended(&self, out: &mut dyn Write) {
        let mut spare = Vec::new();
        let mut failing = false;
        loop {
            // Read before draining: what was appended before the end is written.
            let ended = self.ended.load(Ordering::SeqCst);
            let wrote = self.drain(out, &mut spare, &mut failing);
            if ended {
                return;
            }
            if wrote {
                thread::park_timeout(GATHERING);
                continue;
            }
            self.idle.store(true, Ordering::SeqCst);
            // A line may have come between the last look and the flag.
            if self.is_empty() && !self.ended.load(Ordering::SeqCst) {
                thread::park();
            }
            self.idle.store(false, Ordering::SeqCst);
            if !self.ended.load(Ordering::SeqCst) {
                thread::park_timeout(GATHERING);
            }
        }
    }

    fn drain(&self, out: &mut dyn Write, spare: &mut Vec<u8>, failing: &mut bool) -> bool {
        let buffers = lock(&self.buffers).clone();
        let mut wrote = false;
        for buffer in &buffers {
            std::mem::swap(&mut *lock(&buffer.bytes), spare);
            if spare.is_empty() {
                continue;
            }
            wrote = true;
            let result = out.write_all(spare).and_then(|()| out.flush());
            if let Err(error) = &result {
                let lines = spare.split(|byte| *byte == b'\n').count() - 1;
                self.dropped.add(u64::try_from(lines).unwrap_or(u64::MAX));
                if !*failing {
                    tracing::warn!(%error, "log lines cannot be written and are dropped: check where log.access and log.audit go");
                }
            }
            *failing = result.is_err();
            spare.clear();
            spare.shrink_to(FILLING);
        }
        // Threads that ended leave their buffers behind.
        lock(&self.buffers)
            .retain(|buffer| Arc::strong_count(buffer) > 2 || !lock(&buffer.bytes).is_empty());
        wrote
    }

    fn is_empty(&self) -> bool {
        lock(&self.buffers)
            .iter()
            .all(|buffer| lock(&buffer.bytes).is_empty())
    }
}

/// Only the owner and its group may read who did what.
fn open_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o640)
        .open(path)
        .map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("{}: {error}", PathBuf::from(path).display()),
            )
        })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOST: usize = 1 << 20;
const FILLING: usize = 1 << 18;
const GATHERING: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// A destination that takes what it gets only while the test listens.
    struct Pipe(SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .send(bytes.to_vec())
                .map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pipe(room: usize) -> (Lines, Receiver<Vec<u8>>) {
        let (send, receive) = sync_channel(room);
        (
            Lines::to("lines", Box::new(Pipe(send))).expect("a thread starts"),
            receive,
        )
    }

    fn text(received: Receiver<Vec<u8>>) -> String {
        String::from_utf8(received.into_iter().flatten().collect()).expect("text")
    }

    #[test]
    fn lines_of_a_thread_keep_their_order_and_closing_writes_the_rest() {
        let (lines, received) = pipe(1000);
        let appender = lines.appender();
        for number in 0..100 {
            appender.append(|line| line.extend(format!("line {number}").bytes()));
        }
        lines.close();
        drop((lines, appender));
        let expected: Vec<_> = (0..100).map(|number| format!("line {number}")).collect();
        assert_eq!(text(received).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_idle_writer_wakes_up_for_a_line() {
        let (lines, received) = pipe(1);
        let appender = lines.appender();
        for _ in 0..3 {
            appender.append(|line| line.push(b'x'));
            assert_eq!(received.recv().expect("the writer writes"), b"x\n");
        }
        lines.close();
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted_and_nobody_waits() {
        let (lines, received) = pipe(0);
        let appender = lines.appender();
        // Nobody takes anything: two buffers fill up, the writer's and the thread's.
        let large = vec![b'x'; MOST / 4];
        for _ in 0..20 {
            appender.append(|line| line.extend_from_slice(&large));
        }
        assert!(lines.dropped() >= 10, "{}", lines.dropped());
        let reader = thread::spawn(move || text(received).lines().count());
        lines.close();
        let dropped = lines.dropped();
        drop((lines, appender));
        let written = u64::try_from(reader.join().expect("it reads")).expect("few");
        assert_eq!(written + dropped, 20);
    }

    #[test]
    fn a_destination_that_fails_costs_lines_and_nothing_else() {
        let (lines, received) = pipe(1);
        drop(received);
        let appender = lines.appender();
        appender.append(|line| line.push(b'x'));
        lines.close();
        assert_eq!(lines.dropped(), 1);
        appender.append(|line| line.push(b'y'));
        assert_eq!(lines.dropped(), 2);
    }
}
