//! The whole run in one function, which the command line and everything that runs playbooks call.
//!
//! In: [`Options`]. Out: an exit status, events in the journal and told to reporters. The hub in here is the only place
//! where executor, journal and reporters meet.

mod ask;
mod extras;
mod hub;
mod keys;
mod load;
mod mask;
mod options;
mod recipe;
mod resume;
mod secrets;
mod signals;
mod start;
mod state;

pub use ask::Inquiry;
pub use hub::Stage;
pub use keys::{VaultSource, vault as vault_keys};
pub use load::{Loaded, load};
pub use options::{HostKeys, Options};
pub use recipe::flags;
pub use resume::resume;
pub use start::apply;
pub use state::{folder as state_folder, open as open_store};

use std::sync::Arc;

use crate::diagnostic::{Problem, Problems};
use crate::step::Prompt;

/// Why nothing was started.
#[derive(Debug)]
pub struct Refusal {
    /// What is wrong.
    pub problems: Problems,
    /// 2 for what a person wrote, 3 where the inventory's database could not be reached, 4 for safety.
    pub status: u8,
    /// A database was asked for the inventory.
    pub asked: bool,
}

impl Refusal {
    /// Refused for safety.
    pub fn unsafe_to(problem: Problem) -> Self {
        Self { problems: problem.into(), status: 4, asked: false }
    }

    /// Something is wrong that was read, perhaps from a database.
    pub fn after(problems: Problems, inquiry: &Inquiry) -> Self {
        Self { problems, status: inquiry.status(), asked: inquiry.has_asked() }
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self { problems, status: 2, asked: false }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

/// What a run takes from whoever starts it.
pub struct Company {
    /// Asked by `confirm` and for what destroys data.
    pub prompt: Arc<dyn Prompt>,
    /// Told what happens.
    pub stage: Stage,
}
