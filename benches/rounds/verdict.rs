//! Which figures held, and how they are told.

/// Which figures held.
#[derive(Default)]
pub(crate) struct Verdict {
    missed: Vec<String>,
}

impl Verdict {
    pub(crate) fn at_least(&mut self, what: &str, figure: f64, bound: f64) {
        self.bounded(what, figure, figure >= bound, "≥", bound);
    }

    pub(crate) fn at_most(&mut self, what: &str, figure: f64, bound: f64) {
        self.bounded(what, figure, figure <= bound, "≤", bound);
    }

    pub(crate) fn told(what: &str, figure: f64) {
        println!("  {what}: {figure:.2}");
    }

    fn bounded(&mut self, what: &str, figure: f64, holds: bool, sign: &str, bound: f64) {
        let word = if holds { "holds" } else { "MISSED" };
        println!("  {what}: {figure:.2} ({sign} {bound:.2} {word})");
        if !holds {
            self.missed.push(what.to_owned());
        }
    }

    /// Exit code 1 when a figure missed its bound.
    pub(crate) fn end(self) {
        if !self.missed.is_empty() {
            println!("missed: {}", self.missed.join(", "));
            std::process::exit(1);
        }
    }
}
