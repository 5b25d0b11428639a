//! placeholder, replaced by the branch that holds the derive
use super::{Space, Value};
/// s
pub trait SearchSpace: Sized {
    /// s
    fn space() -> Space;
    /// s
    #[allow(missing_docs)]
    fn read(values: &mut Reader<'_>) -> Result<Self, ReadError>;
    #[allow(missing_docs)]
    fn write(&self, values: &mut Writer) -> Result<(), WriteError>;
    #[allow(missing_docs)]
    fn violation(&self) -> f64 {
        0.0
    }
}
#[allow(missing_docs)]
#[derive(Debug)]
pub struct Reader<'a> {
    values: std::slice::Iter<'a, Value>,
}
#[allow(missing_docs)]
impl<'a> Reader<'a> {
    pub fn new(values: &'a [Value]) -> Self {
        Self {
            values: values.iter(),
        }
    }
    pub fn next(&mut self) -> Option<Value> {
        self.values.next().copied()
    }
}
#[allow(missing_docs)]
#[derive(Debug, Default)]
pub struct Writer {
    values: Vec<Value>,
}
#[allow(missing_docs)]
impl Writer {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn push(&mut self, v: Value) {
        self.values.push(v);
    }
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}
#[allow(missing_docs)]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("read")]
pub struct ReadError;
#[allow(missing_docs)]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("write")]
pub struct WriteError;
