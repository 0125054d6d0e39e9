//! What a gateway's own prices say of names that are to be put on its lists.

use std::collections::HashMap;

use super::{GatewayKind, ModelName};

/// What a gateway's prices say of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// It has one, or the gateway needs none.
    Priced,
    /// It has none.
    Unpriced,
    /// That could not be told.
    Unknown,
}

/// What they say of all that a round wants to add.
#[derive(Clone, Debug)]
pub struct Pricing {
    /// Whose they are: New API and Veloera refuse a model without a price, the others bill it dear.
    pub gateway: GatewayKind,
    /// Names without a certain price are held.
    pub only_priced: bool,
    /// What is said of each name; none: that could not be told.
    pub says: HashMap<ModelName, Price>,
}

impl Pricing {
    /// What is said of one name.
    pub fn of(&self, model: &ModelName) -> Price {
        self.says.get(model).copied().unwrap_or(Price::Unknown)
    }

    /// What the gateway does with a model that has no price.
    pub fn without(&self) -> &'static str {
        match self.gateway {
            GatewayKind::NewApi | GatewayKind::Veloera => "it would be refused and hidden",
            GatewayKind::LiteLlm => "it would cost nothing there",
            GatewayKind::OneApi | GatewayKind::OneHub | GatewayKind::DoneHub => {
                "it would be billed at the default ratio 30"
            }
        }
    }
}
