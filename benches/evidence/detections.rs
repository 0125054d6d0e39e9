//! How long failing models stayed on the list.

/// Each failing model's time to its verdict in seconds, and the share of all requests that ask for it.
#[derive(Default)]
pub(crate) struct Detections(Vec<(f64, f64)>);

impl Detections {
    pub(crate) fn add(&mut self, seconds: f64, share: f64) {
        self.0.push((seconds, share));
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The mean over models.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().map(|(seconds, _)| seconds).sum::<f64>() / self.0.len() as f64
    }

    /// The mean over the requests that users would make of them.
    pub(crate) fn felt(&self) -> f64 {
        let weight: f64 = self.0.iter().map(|(_, share)| share).sum();
        self.0.iter().map(|(seconds, share)| seconds * share).sum::<f64>() / weight
    }

    /// By when such a part of the models was found.
    pub(crate) fn by(&self, part: f64) -> f64 {
        quantile(self.0.iter().map(|(seconds, _)| (*seconds, 1.0)).collect(), part)
    }

    /// The same over requests.
    pub(crate) fn felt_by(&self, part: f64) -> f64 {
        quantile(self.0.clone(), part)
    }
}

fn quantile(mut weighted: Vec<(f64, f64)>, part: f64) -> f64 {
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = part * weighted.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    let reached = weighted.iter().find(|(_, weight)| {
        below += weight;
        below >= wanted
    });
    reached.map_or(f64::NAN, |(value, _)| *value)
}
