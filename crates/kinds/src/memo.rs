//! Values that are made once.

use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

type Slot = Arc<OnceLock<Arc<dyn Any + Send + Sync>>>;

/// One value of each type, made when it is first asked for.
#[derive(Default)]
pub(crate) struct Memo(Mutex<FxHashMap<TypeId, Slot>>);

impl Memo {
    pub(crate) fn get<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let slot = {
            let mut memo = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            memo.entry(TypeId::of::<T>()).or_default().clone()
        };
        let value = slot.get_or_init(|| Arc::new(make())).clone();
        match value.downcast::<T>() {
            Ok(value) => value,
            Err(_) => unreachable!("the slot of a type holds that type"),
        }
    }
}
