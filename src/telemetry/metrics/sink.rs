//! Where numbers are put at a scrape.

use std::fmt;

use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeLabelSet},
    metrics::MetricType,
};

/// Takes the numbers of a source. Names get the prefix `vestibule_`, except those of the process; counters get the suffix `_total`.
pub struct Sink<'a> {
    encoder: DescriptorEncoder<'a>,
    result: fmt::Result,
}

impl<'a> Sink<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self {
            encoder,
            result: Ok(()),
        }
    }

    pub(super) fn finish(self) -> fmt::Result {
        self.result
    }

    /// A number that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        let result = self
            .encoder
            .encode_descriptor(&full(name), help, None, MetricType::Counter)
            .and_then(|mut metric| {
                metric.encode_counter::<[(&str, &str); 0], _, u64>(&value, None)
            });
        self.note(result);
    }

    /// Numbers that only grow, told apart by labels.
    pub fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) {
        let name = full(name);
        let metric = self
            .encoder
            .encode_descriptor(&name, help, None, MetricType::Counter);
        let result = metric.and_then(|mut metric| {
            values.into_iter().try_for_each(|(labels, value)| {
                let mut metric = metric.encode_family(&labels)?;
                metric.encode_counter::<[(&str, &str); 0], _, u64>(&value, None)
            })
        });
        self.note(result);
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.gauge_f64(name, help, precise(value));
    }

    /// Numbers that go up and down, told apart by labels.
    pub fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) {
        let name = full(name);
        let metric = self
            .encoder
            .encode_descriptor(&name, help, None, MetricType::Gauge);
        let result = metric.and_then(|mut metric| {
            values.into_iter().try_for_each(|(labels, value)| {
                metric.encode_family(&labels)?.encode_gauge(&precise(value))
            })
        });
        self.note(result);
    }

    /// A number that goes up and down and has a fraction.
    pub fn gauge_f64(&mut self, name: &str, help: &str, value: f64) {
        let result = self
            .encoder
            .encode_descriptor(&full(name), help, None, MetricType::Gauge)
            .and_then(|mut metric| metric.encode_gauge(&value));
        self.note(result);
    }

    /// A seconds counter given in microseconds.
    pub fn seconds(&mut self, name: &str, help: &str, micros: u64) {
        let seconds = precise(micros) / 1_000_000.0;
        let result = self
            .encoder
            .encode_descriptor(&full(name), help, None, MetricType::Counter)
            .and_then(|mut metric| {
                metric.encode_counter::<[(&str, &str); 0], _, f64>(&seconds, None)
            });
        self.note(result);
    }

    /// Distributions: upper bounds with how many lie in each step, and the sum.
    pub fn histograms<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, Vec<(f64, u64)>, f64)>,
    ) {
        let name = full(name);
        let metric = self
            .encoder
            .encode_descriptor(&name, help, None, MetricType::Histogram);
        let result = metric.and_then(|mut metric| {
            values.into_iter().try_for_each(|(labels, buckets, sum)| {
                let count = buckets.iter().map(|(_, count)| count).sum();
                let mut metric = metric.encode_family(&labels)?;
                metric.encode_histogram::<[(&str, &str); 0]>(sum, count, &buckets, None)
            })
        });
        self.note(result);
    }

    fn note(&mut self, result: fmt::Result) {
        self.result = self.result.and(result);
    }
}

fn full(name: &str) -> String {
    if name.starts_with("process_") {
        name.to_owned()
    } else {
        format!("vestibule_{name}")
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2⁵³ nobody looks at the last digit"
)]
fn precise(value: u64) -> f64 {
    value as f64
}
